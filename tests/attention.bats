#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --attention: attention weights from files.
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

# p.npz: queries, keys and P of two heads of 24 tokens in float64, as
# layers.0.q, .k and .p.
write_p() {
    lln-attend -q -n 24 -d 4 --trials 2 --write-heads p.npz --write-p --double \
        "$@"
}

# alike COLUMNS TOOL ARGUMENT...: the values that the tool finds in P are those
# that it finds from queries and keys, to 1e-12.
alike() {
    local columns=$1
    shift
    "$1" -q --layout hnd --kernel softmax --double --columns "$columns" \
        --no-header "${@:2}" p.npz | tr , '\n' > computed
    "$1" -q --attention p.npz --layout hnm --columns "$columns" --no-header \
        "${plain[@]}" | tr , '\n' > stored
    paste -d ' ' stored computed | near 1e-12 absolute
}

@test "P has the values of its queries and keys" {
    plain=()
    write_p
    alike tau,entropy_nats,entropy_normalized,effective_keys,top1_mass \
        lln-entropy
    alike tau,log_mean,log_variance,log_variance_row,skewness,ks_distance \
        lln-stats
    alike lambda2,lambda2_re,lambda2_im,unbiased_norm,centered_sigma1 \
        lln-spectral
    plain=(--per-row)
    alike query,keys,entropy_nats,top1_mass lln-entropy --per-row
    plain=(--rows 5 --seed 3)
    alike entropy_nats,entropy_nats_se lln-entropy --rows 5 --seed 3
    plain=(--diagnose)
    alike entropy_floor_nats,centered_sigma1,share_ceiling_1 lln-entropy \
        --diagnose
}

@test "causal weights are recognised" {
    plain=()
    write_p --causal
    alike causal,tau,entropy_nats,entropy_over_ceiling lln-entropy --causal
    alike causal,lambda2,gap lln-spectral --causal
    equal method "$(lln-spectral -q --attention p.npz --layout hnm \
        --columns method | sort -u)" "$(printf 'diagonal\nmethod')"
}

@test "identity columns" {
    write_p
    prints 'source,layer,head,kernel,n,d,causal,samples
p.npz,0,1,attention,24,nan,0,1' lln-entropy -q --attention p.npz --layout hnm \
        --heads 1 --columns source,layer,head,kernel,n,d,causal,samples
}

# halves FILE DESCR ROW...: 2 x 4 weights of float16, as hexadecimal numbers.
halves() {
    local file=$1 shape=$2 number
    shift 2
    for number; do
        printf '%b' "\\x${number:2:2}\\x${number:0:2}"
    done | npy "$file" '<f2' "$shape"
}

# 3c00 is 1, 3555 0.333251953125, 3800 0.5, 3400 0.25, b400 -0.25.
@test "float16 rows are divided by their sums" {
    halves p.npy '(2, 3)' 3555 3555 3555 3c00 0000 0000
    lln-entropy --attention p.npy --columns entropy_max_nats,row_sum_min \
        > table 2> errors
    # ln 3, and 3 x 0.333251953125
    echo "$(column entropy_max_nats < table) 1.0986122886681098" | near 1e-15
    equal sum "$(column row_sum_min < table)" 0.999755859375
    equal stderr "$(cat errors)" \
        'lln-entropy: p.npy: attention weights of 1 layer, 1 head, 2 query tokens, 3 key tokens'
}

@test "a float32 row of half-precision numbers has their tolerance" {
    # 3eaa0000 is 0.33203125 in bfloat16; 3eaa0001 is no such number
    printf '\0\0\252\76%.0s' 1 2 3 | npy p.npy '<f4' '(1, 3)'
    equal sum "$(lln-entropy -q --attention p.npy --no-header \
        --columns row_sum_min,top1_mass)" 0.99609375,0.3333333333333333
    printf '\1\0\252\76%.0s' 1 2 3 | npy p.npy '<f4' '(1, 3)'
    run --separate-stderr lln-entropy -q --attention p.npy \
        --columns entropy_nats --no-header
    equal entropy "$output" nan
    equal stderr "$stderr" 'lln-entropy: p.npy: row 0 sums to 0.9960938; expected 1 (a sink, dropout, padding or excluded keys?); such rows have no entropy'
}

@test "rows that do not sum to 1 are named once" {
    halves p.npy '(2, 2, 2)' 3800 3400 3800 3800 0000 0000 3800 3400
    run --separate-stderr lln-entropy -q --attention p.npy --layout hnm \
        --per-row --columns head,query,entropy_nats
    equal status "$status" 0
    equal rows "$output" "$(printf '%s\n' head,query,entropy_nats 0,0,nan \
        0,1,0.6931471805599453 1,0,nan 1,1,nan)"
    equal stderr "$stderr" 'lln-entropy: p.npy: head 0, row 0 sums to 0.75; expected 1 (a sink, dropout, padding or excluded keys?); 2 more rows in 2 heads do not sum to 1; such rows have no entropy'
    # eigenvalues 1/2 + 8^-1/2 and 1/2 - 8^-1/2
    equal gap "$(lln-spectral -q --attention p.npy --layout hnm --heads 0 \
        --columns gap,lambda2 --no-header 2> errors)" nan,0.14644660940672627
}

@test "padding is left out, and named if it has weight" {
    # row 0 sees key 1, which is padding
    halves p.npy '(3, 3)' 3800 0000 3800 3800 3800 0000 0000 0000 0000
    echo 2 > lengths
    run --separate-stderr lln-entropy -q --attention p.npy --lengths lengths \
        --columns n,entropy_max_nats,row_sum_min
    equal rows "$output" "$(printf 'n,entropy_max_nats,row_sum_min\n2,nan,0.5')"
    equal stderr "$stderr" 'lln-entropy: p.npy: row 0 sums to 0.5; expected 1 (keys left out by --lengths have 0.5); such rows have no entropy'
    run --separate-stderr lln-entropy -q --attention p.npy --columns n
    equal stderr "$stderr" 'lln-entropy: p.npy: row 2 sums to 0; expected 1 (padding?); such rows have no entropy'
}

@test "the shard, the plan, averages and resumption" {
    write_p
    lln-entropy -q --attention p.npz --layout hnm > table
    lln-entropy -q --attention p.npz --layout hnm --shard 2/2 > shard
    equal shard "$(sed 1d shard)" "$(sed 1,2d table)"
    equal plan "$(lln-entropy -q --attention p.npz --layout hnm --plan |
        cut -d, -f1-5 | sed 1d)" 2,2,1,1152,9216
    equal samples "$(lln-stats -q --attention p.npz --layout hnm \
        --aggregate layer --columns samples --no-header)" 2
    head -n 2 table > all.partial
    lln-entropy -q --attention p.npz --layout hnm --resume -o all
    cmp all table
}

@test "arrays are found by names, files by patterns" {
    write_p
    for i in 0 1; do
        cp p.npz step_$i.npz
        halves "layer_$i.npy" '(1, 2)' 3800 3800
    done
    equal steps "$(lln-entropy -q --attention 'step_{step}.npz' --layout hnm \
        --columns step,layer,head --no-header | tr '\n' ' ')" \
        '0,0,0 0,0,1 1,0,0 1,0,1 '
    equal layers "$(lln-entropy -q --attention 'layer_{layer}.npy' \
        --columns layer,entropy_nats --no-header | tr '\n' ' ')" \
        '0,0.6931471805599453 1,0.6931471805599453 '
    equal two "$(lln-entropy -q --attention step_0.npz step_1.npz \
        --layout hnm --columns source --no-header | uniq | tr '\n' ' ')" \
        'step_0.npz step_1.npz '
    equal key "$(lln-entropy --attention p.npz:layers.0.p --layout hnm \
        --columns head --no-header 2> /dev/null | tr '\n' ' ')" '0 1 '
    safetensors a.safetensors '{"attentions.3":{"dtype":"F16","shape":[1,1],"data_offsets":[0,2]},"attentions.7":{"dtype":"F16","shape":[1,1],"data_offsets":[2,4]},"b.q":{"dtype":"F16","shape":[1,1],"data_offsets":[4,6]}}' \
        < <(printf '\0\74\0\74\0\74')
    equal layers "$(lln-entropy -q --attention a.safetensors \
        --columns layer,causal --no-header | tr '\n' ' ')" '3,0 7,0 '
}

@test "what is no attention is refused" {
    files_before='p.npy'
    halves p.npy '(1, 2)' 3800 b400
    refuses 1 "p.npy: row 0, column 1: -0.25; expected attention weights, which are finite and not negative; save what softmax returns" \
        lln-entropy --attention p.npy
    halves p.npy '(1, 2)' 3800 7e00
    refuses 1 "p.npy: row 0, column 1: nan; expected attention weights, which are finite and not negative; save what softmax returns" \
        lln-stats --attention p.npy
    halves p.npy '(1, 1, 2)' 3800 3800
    refuses 1 "p.npy: shape (1, 1, 2) needs a layout; expected hnm, lnm or bnm" \
        lln-spectral --attention p.npy
    refuses 2 "layout 'hnd': expected n (queries) and m (keys), and optionally h (heads), l (layers) and b (batch), each once" \
        lln-entropy --attention p.npy --layout hnd
}

@test "options that need queries and keys are refused" {
    files_before=p.npy
    halves p.npy '(1, 2)' 3800 3800
    local option
    for option in '--tau 1' '--scale 2' --causal '--window 3' \
        '--kernel softmax' '--params x' '--gate x' '--arrays a=x' '--q p.npy' \
        '--key-q q' '--split-heads 2' '--fused qkv' '--tokens 3' --each \
        '--trials 2'; do
        # shellcheck disable=SC2086 # an option and its value
        refuses 2 "${option%% *} cannot be used with --attention" \
            lln-entropy --attention p.npy $option
    done
    refuses 2 '--aggregate kv-head cannot be used with --attention: the key heads are not known' \
        lln-entropy --attention p.npy --aggregate kv-head
    refuses 2 '--normality cannot be used with --attention: it needs queries and keys' \
        lln-stats --attention p.npy --normality
    refuses 2 'lln-match does not support --attention: it needs queries and keys' \
        lln-match --attention p.npy
    refuses 2 '--key-attention needs --attention' lln-entropy --key-attention a
    refuses 2 '--key-attention cannot be used with --attention p.npy:a, which names a key' \
        lln-entropy --attention p.npy:a --key-attention a
}

@test "weights beside queries and keys are compared" {
    write_p --causal
    beside=(-q --layout hnd --causal --double --compare softmax)
    lln-attend "${beside[@]}" --attention p.npz p.npz > table
    equal kernels "$(column kernel < table | tr '\n' ' ')" \
        'attention attention '
    column matrix_error < table | sed 's/$/ 0/' | near 1e-14 absolute
    column relative_error < table | sed 's/$/ 0/' | near 1e-14 absolute
    # tau is that of queries and keys
    equal tau "$(column tau < table)" "$(lln-entropy -q --layout hnd --causal \
        --columns tau --no-header --kernel softmax --double p.npz)"
    lln-attend "${beside[@]}" --attention p.npz --kernel lln --heads 1 \
        --columns head,kernel --no-header p.npz > table
    equal rows "$(tr '\n' ' ' < table)" '1,attention 1,lln '
    # without the mask they differ
    lln-attend -q --layout hnd --compare softmax --attention p.npz p.npz \
        --fail-below matrix_error=0.1 > table
    lln-attend "${beside[@]}" --attention p.npz --q p.npz --k p.npz --shard 2/2 \
        --columns head,kernel,top_overlap --no-header > table
    equal shard "$(cat table)" 1,attention,1
}

# The number in the name of the only array is that of its layer.
@test "a layer of its own in the name of one array" {
    files_before=p.safetensors
    local one='"dtype":"F32","shape":[1,1]' key
    named() {
        printf '\0\0\200\077' |
            safetensors "$1" "{\"$2\":{$one,\"data_offsets\":[0,4]}}"
    }
    for key in attentions.5 layers.5.attn attn_weights_5; do
        named p.safetensors $key
        equal $key "$(lln-entropy --attention p.safetensors --no-header \
            --columns layer)" 5
    done
    named p.safetensors arr_0
    equal arr_0 "$(lln-entropy --attention p.safetensors --no-header \
        --columns layer)" nan
    named p.safetensors layers.5.p
    named q.safetensors layers.4.q
    named k.safetensors layers.4.k
    run -1 --separate-stderr lln-attend -q --compare softmax \
        --attention p.safetensors --q q.safetensors --k k.safetensors
    [[ $stderr == *'layer 4'*'no attention weights for this head in p.safetensors'* ]]
    named p.safetensors layers.4.p
    equal layer "$(lln-attend -q --compare softmax --no-header \
        --attention p.safetensors --q q.safetensors --k k.safetensors \
        --columns layer,matrix_error)" 4,0
}

# e^0 / (e^0 + e^0): the sink has half of the row.
@test "weights that contain a sink" {
    halves q.npy '(1, 1)' 3c00
    halves p.npy '(1, 1)' 3800
    run --separate-stderr lln-attend -q --compare softmax --attention p.npy \
        --q q.npy --k q.npy --sink 1 --columns kernel,matrix_error --no-header
    equal rows "$output" attention,0
    equal stderr "$stderr" 'lln-attend: p.npy: row 0 sums to 0.5; expected 1 (a sink, dropout, padding or excluded keys?)'
}

# One token of one feature: P is 1 in each of 2 heads side by side.
@test "weights beside heads side by side" {
    halves q.npy '(1, 2)' 3c00 3800
    halves p.npy '(2, 1, 1)' 3c00 3c00
    equal 'no batch' "$(lln-attend -q --split-heads 2 --compare softmax \
        --attention p.npy --q q.npy --k q.npy --no-header \
        --columns source,head,matrix_error | tr '\n' ' ')" \
        'q.npy,0,0 q.npy,1,0 '
    halves q.npy '(1, 1, 2)' 3c00 3800
    halves p.npy '(1, 2, 1, 1)' 3c00 3c00
    equal batch "$(lln-attend -q --split-heads 2 --compare softmax \
        --attention p.npy --q q.npy --k q.npy --no-header \
        --columns source,head,matrix_error | tr '\n' ' ')" \
        'q.npy[0],0,0 q.npy[0],1,0 '
}

@test "weights of other heads are refused" {
    files_before='more.npz
other.npz
p.npz'
    write_p
    lln-attend -q -n 20 -d 4 --trials 2 --write-heads other.npz --write-p
    lln-attend -q -n 24 -d 4 --trials 3 --write-heads more.npz
    refuses 1 'p.npz: layer 0, head 0: 24 queries, 24 keys; the attention weights in other.npz have 20 and 20' \
        lln-attend -q --layout hnd --compare softmax --attention other.npz \
        p.npz
    refuses 1 'more.npz: layer 0, head 2: no attention weights for this head in p.npz; expected one matrix' \
        lln-attend -q --layout hnd --compare softmax --attention p.npz \
        more.npz
    refuses 2 '--attention needs --compare, --against, --pairs or --blocks' \
        lln-attend --attention p.npz
    refuses 2 '--tau cannot be used with --attention' lln-attend \
        --compare softmax --attention p.npz --tau 1 p.npz
    refuses 2 '--attention with --compare needs a FILE of queries and keys, or --q and --k' \
        lln-attend --compare softmax --attention p.npz
}
