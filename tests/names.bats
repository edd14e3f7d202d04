#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Files with many arrays: which of them are used, and the messages about it.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

sample=$DATA/encoder.safetensors

# dump FILE KEY...: writes equal float32 arrays [4 x 2] with these names.
dump() {
    local file=$1 header='' at=0 key
    shift
    for key in "$@"; do
        header="$header,\"$key\":{\"dtype\":\"F32\",\"shape\":[4,2],"
        header="$header\"data_offsets\":[$at,$((at + 32))]}"
        at=$((at + 32))
    done
    for key in "$@"; do
        printf '\0\0\200\77\0\0\0\77\0\0\0\100\0\0\0\0'
        printf '\0\0\0\77\0\0\200\77\0\0\0\0\0\0\0\100'
    done | safetensors "$file" "{${header#,}}"
}

# said OPTION...: what a successful run prints on standard error.
said() {
    run --separate-stderr lln-entropy --kernel softmax "$@"
    equal status "$status" 0
    equal rows "$((${#lines[@]} > 1))" 1
    stderr=$(without_extent <<< "${stderr#lln-entropy: }")
}

@test "arrays are chosen by their names, which standard error lists" {
    said --layout hnd "$sample"
    equal note "$stderr" \
        "$sample: queries 'layers.{layer}.q', keys 'layers.{layer}.k'"
    equal heads "$(cut -d, -f2,3 <<< "$output" | tail -n +2 | tr '\n' ' ')" \
        '0,0 0,1 3,0 3,1 '
    said --layout hnd "$sample" --quiet
    equal note "$stderr" ''
}

@test "no message about arrays that options name" {
    said --layout hnd "$sample" --key-q 'layers.{layer}.q' \
        --key-k 'layers.{layer}.k'
    equal note "$stderr" ''
    said --layout hnd --q "$sample:layers.3.q" --k "$sample:layers.3.k"
    equal note "$stderr" ''
    equal layer "$(column layer <<< "$output" | uniq)" nan
    said --layout hnd --q "$sample:layers.{layer}.k" \
        --k "$sample:layers.{layer}.q" --layers 3 --heads 1
    equal heads "$(cut -d, -f2,3 <<< "$output" | tail -n +2)" 3,1
}

@test "every way to name the same heads" {
    lln-entropy --layout hnd --layers 3 -q "$sample" | cut -d, -f3- > names
    lln-entropy --layout hnd --layers 3 -q - < "$sample" | cut -d, -f3- > pipe
    lln-entropy --layout hnd --q "$sample:layers.3.q" \
        --k "$sample:layers.3.k" | cut -d, -f3- > keys
    cmp names pipe
    cmp names keys
}

@test "common names" {
    for names in 'q k' 'Q K' 'query key' 'l.0.attn.q_proj l.0.attn.k_proj' \
        'xq xk' 'layer_0/query layer_0/key' 'query_states key_states'; do
        # shellcheck disable=SC2086
        dump x $names other
        said x
        equal pairs "$(wc -l <<< "$output")" 2
    done
}

@test "several sets of arrays are refused" {
    dump x q k query key
    files_before=x
    refuses 1 "x: queries may be any of 'q', 'query'; choose one with --key-q" \
        lln-entropy x
    said x --key-q query
    equal note "$stderr" "x: queries 'query', keys 'key'"
}

@test "names without known words" {
    dump x a b
    files_before=x
    refuses 1 "x: cannot find queries and keys by their names among 'a', 'b'; use --key-q and --key-k" \
        lln-entropy x
    refuses 1 "x: key 'c': no such array; the file contains a, b" \
        lln-entropy x --key-q c --key-k b
    refuses 1 "x: key 'c': no such array; the file contains a, b" \
        lln-entropy x --key-q c
    refuses 1 "x: no array name matches 'a{layer}'; found 'a', 'b'" \
        lln-entropy x --key-q 'a{layer}' --key-k b
    refuses 2 "--key-q: '{a}': expected a key with at most one {layer} and one {head}, and no other braces" \
        lln-entropy x --key-q '{a}' --key-k b
    said x --key-q b --key-k a
}

@test "a layer without keys" {
    dump x l0.q l0.k l1.q
    files_before=x
    refuses 1 "x: no keys like 'l{layer}.k' for the queries 'l1.q'" \
        lln-entropy x
}

@test "one array cannot be queries and keys" {
    files_before=
    refuses 1 "$CASES/case_A_Q.npy: only one array; name the arrays of queries and keys with --q and --k, or use --fused if it contains both" \
        lln-entropy "$CASES/case_A_Q.npy"
    echo pickle | npy obj.npy '|O' '(2, 4, 3)'
    files_before=obj.npy
    refuses 1 "obj.npy: dtype '|O': pickled objects are never read; expected float16, float32 or float64" \
        lln-entropy --layout hnd obj.npy
}

@test "a .npy file has no keys" {
    refuses 1 "$CASES/case_A_Q.npy: key 'q': a .npy file contains one array without a name" \
        lln-entropy --q "$CASES/case_A_Q.npy:q" --k "$CASES/case_A_K.npy"
}

@test "--list" {
    dump x q k
    prints 'key,dtype,shape,source
q,F32,"(4, 2)",x
k,F32,"(4, 2)",x' lln-entropy --list x
    prints 'key	dtype	shape	source
q	F32	(4, 2)	-
k	F32	(4, 2)	-' lln-spectral --list --format tsv - < x
    head -c 32 /dev/zero | npy ids.npy '<i4' '(8,)'
    prints '"",<i4,"(8,)",ids.npy
q,F32,"(4, 2)",x
k,F32,"(4, 2)",x' lln-stats --list --no-header --q ids.npy --k x:k
}

@test "--list without a file" {
    refuses 2 '--list needs heads from files; use FILE, or --q and --k' \
        lln-match --list
}

@test "files and sampled heads cannot be combined" {
    refuses 2 "'x' cannot be used with --q and --k; use either FILE, or --q and --k" lln-entropy --q a --k b x
    refuses 2 "--v cannot be used with 'x'; use --key-v to name the values in it" lln-attend --v v x y
    refuses 2 '--trials needs sampled heads or a random kernel (see --list-kernels)' \
        lln-entropy x --trials 2
    refuses 2 '--key-q needs heads from files; use FILE, or --q and --k' \
        lln-entropy --key-q q
}

@test "a key named twice" {
    dump x q k
    files_before=x
    refuses 2 '--key-k cannot be used with --k x:k, which names a key' \
        lln-entropy --q x:q --k x:k --key-k k
}

@test "an input is not overwritten" {
    dump x q k
    files_before=x
    refuses 1 'x: the output would overwrite this input; use another name' lln-entropy x -o x
    refuses 1 'x: the output would overwrite this input; use another name' \
        lln-entropy --q x:q --k x:k -o x
}

@test "a wrong layout" {
    refuses 1 "$sample: key 'layers.0.q': shape (2, 256, 64) needs a layout; expected hnd or nhd, or bnD with --split-heads" \
        lln-entropy "$sample"
    refuses 1 "$sample: key 'layers.0.q': shape (2, 256, 64) does not have layout 'lhnd'; expected hnd or nhd" \
        lln-entropy "$sample" --layout lhnd
    refuses 1 "$sample: key 'layers.0.q': the key gives the layer; expected a layout without l, found 'lnd'" \
        lln-entropy "$sample" --layout lnd
    refuses 1 "--layers 0-3: $sample has layers 0, 3" \
        lln-entropy "$sample" --layout hnd --layers 0-3
}

@test "a layout that would fit" {
    # 8 query heads and 4 key heads of 6 tokens; the heads are taken for tokens
    head -c 384 /dev/zero | npy q.npy '<f4' '(8, 6, 2)'
    head -c 192 /dev/zero | npy k.npy '<f4' '(4, 6, 2)'
    files_before=$(ls)
    refuses 1 'k.npy: 4 keys; a causal mask needs at least 8, one for each query of q.npy; layout hnd would fit' \
        lln-entropy --q q.npy --k k.npy --layout nhd --causal
}

@test "weights are not queries of tokens" {
    local said="is a weight of the model; expected what its layer returns for tokens, [tokens, heads*d] or [heads, tokens, d]; save that output with a forward hook"
    for names in 'model.layers.0.self_attn.q_proj.weight model.layers.0.self_attn.k_proj.weight' \
        'encoder.layer.0.attention.self.query.bias encoder.layer.0.attention.self.key.bias' \
        'h.0.attn.c_attn.weight h.0.mlp.c_fc.weight' \
        'blocks.0.attn.W_Q blocks.0.attn.W_K' \
        'to_q.lora_A.default to_k.lora_A.default' \
        'attn/query/kernel attn/key/kernel' 'q_proj_weight k_proj_weight'; do
        # shellcheck disable=SC2086
        dump x $names
        files_before=x
        refuses 1 "x: key '${names%% *}' $said" lln-entropy x
        refuses 1 "x: key '${names%% *}' $said" \
            lln-entropy --key-q "${names%% *}" --key-k "${names##* }" x
        refuses 1 "x: key '${names%% *}' $said" \
            lln-stats --q "x:${names%% *}" --k "x:${names##* }"
    done
    # if there are tokens as well, weights are skipped
    dump x l.0.q_proj.weight l.0.k_proj.weight l.0.q_proj l.0.k_proj \
        l.0.attn_weights
    said x
    equal note "$stderr" \
        "x: queries 'l.{layer}.q_proj', keys 'l.{layer}.k_proj'"
}

@test "kinds of attention are not layers" {
    dump x down.0.attn1.to_q down.0.attn1.to_k down.0.attn2.to_q \
        down.0.attn2.to_k down.3.attn1.to_q down.3.attn1.to_k \
        down.3.attn2.to_q down.3.attn2.to_k
    files_before=x
    refuses 1 "x: queries may be any of 'down.{layer}.attn1.to_q', 'down.{layer}.attn2.to_q'; choose one with --key-q" \
        lln-entropy x
    said x --key-q 'down.{layer}.attn2.to_q'
    equal note "$stderr" \
        "x: queries 'down.{layer}.attn2.to_q', keys 'down.{layer}.attn2.to_k'"
    equal layers "$(column layer <<< "$output" | tr '\n' ' ')" '0 3 '
    said x --key-k 'down.{layer}.attn1.to_k'
    equal note "$stderr" \
        "x: queries 'down.{layer}.attn1.to_q', keys 'down.{layer}.attn1.to_k'"
    dump x block.0.layer.0.SelfAttention.q block.0.layer.0.SelfAttention.k \
        block.0.layer.1.EncDecAttention.q block.0.layer.1.EncDecAttention.k
    refuses 1 "x: queries may be any of 'block.0.layer.0.SelfAttention.q', 'block.0.layer.1.EncDecAttention.q'; choose one with --key-q" \
        lln-entropy x
    dump x l.0.self_attn.q_proj l.0.self_attn.k_proj l.0.encoder_attn.q_proj \
        l.0.encoder_attn.k_proj
    refuses 1 "x: queries may be any of 'l.{layer}.self_attn.q_proj', 'l.{layer}.encoder_attn.q_proj'; choose one with --key-q" \
        lln-entropy x
    # one kind alone, and a model with a number in its name
    for name in attn1.to_ gpt2. attention_2_of_3.; do
        dump x "${name}q" "${name}k"
        said x
        equal layer "$(column layer <<< "$output")" nan
    done
    dump x layer7.q layer7.k
    said x
    equal layer "$(column layer <<< "$output")" 7
}
