#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arrays as hooks save them: heads side by side, queries, keys and values in
# one array; and the line on standard error that shows a wrong order. The same
# bytes under another shape are the same heads: the tables must be identical.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

# numbers COUNT SEED: float32 values, other ones for each seed.
numbers() {
    local x=$2 i
    local -a all=('\0\0\0\0' '\0\0\200\77' '\0\0\0\77' '\0\0\300\277'
        '\0\0\0\300' '\0\0\200\276' '\0\0\100\77')
    for ((i = 0; i < $1; i++)); do
        x=$(((x * 75 + 74) % 65537))
        printf '%b' "${all[x % 7]}"
    done
}

# table ARGUMENT...: rows of softmax entropies without the column of the file.
table() {
    lln-entropy -q --kernel softmax "$@" | cut -d, -f2-
}

# same FILE ARGUMENT...: the arguments print the table in FILE.
same() {
    local file=$1
    shift
    table "$@" | cmp - "$file"
}

# pick SIZE INDEX... < BYTES: takes blocks of SIZE bytes in that order from each
# record. A record has one block more than the largest index.
pick() {
    local size=$1 record=0 index count
    shift
    cat > whole
    for index; do [ "$index" -lt "$record" ] || record=$((index + 1)); done
    count=$(($(wc -c < whole) / size / record))
    for ((r = 0; r < count; r++)); do
        for index; do
            tail -c +$(((r * record + index) * size + 1)) whole |
                head -c "$size"
        done
    done
}

# Batch 2, 3 tokens, 4 query heads, 2 key heads, 2 features.
grouped() {
    numbers 48 1 > q
    numbers 24 2 > k
    numbers 24 3 > v
    npy q.npy '<f4' '(2, 3, 4, 2)' < q
    npy k.npy '<f4' '(2, 3, 2, 2)' < k
    npy v.npy '<f4' '(2, 3, 2, 2)' < v
    table --layout bnhd --q q.npy --k k.npy > grouped.csv
    equal rows "$(wc -l < grouped.csv)" 9
}

@test "the contents of files are printed on standard error" {
    run --separate-stderr lln-entropy --layout hnd "$DATA/encoder.safetensors"
    equal stderr "${stderr##*$'\n'}" \
        "lln-entropy: $DATA/encoder.safetensors: 2 layers, 2 query heads, 2 key heads, 256 tokens, 64 features"
    grouped
    head -c 96 /dev/zero | npy wide.npy '<f4' '(2, 2, 2, 3)'
    head -c 144 /dev/zero | npy v3.npy '<f4' '(2, 3, 2, 3)'
    run --separate-stderr lln-attend --layout bnhd --q q.npy --k k.npy \
        --v v3.npy --layers 0 -o o.npy
    equal status "$status" 1
    run --separate-stderr lln-attend --layout bnhd --q q.npy --k k.npy \
        --v v3.npy --kernel softmax --heads 3 -o o.npy
    equal stderr "$stderr" \
        'lln-attend: q.npy: 2 batch entries, 1 layer, 4 query heads, 2 key heads, 3 tokens, 2 features, 3 value features'
    # A wrong order that fits, too.
    run --separate-stderr lln-spectral --layout bhnd --q q.npy --k q.npy \
        --kernel softmax
    equal stderr "$stderr" \
        'lln-spectral: q.npy: 2 batch entries, 1 layer, 3 query heads, 3 key heads, 4 tokens, 2 features'
    for tool in lln-stats lln-match; do
        run --separate-stderr "$tool" --q "$CASES/case_D_Q.npy" \
            --k "$CASES/case_D_K.npy"
        equal stderr "${stderr%%$'\n'*}" \
            "$tool: $CASES/case_D_Q.npy: 1 layer, 1 query head, 1 key head, 2 tokens, 1 feature"
    done
    run --separate-stderr lln-entropy -q --q q.npy --k k.npy --layout bnhd
    equal stderr "$stderr" ''
}

@test "sizes that differ between layers" {
    {
        numbers 8 1
        numbers 12 2
        numbers 8 3
        numbers 16 4
    } | safetensors x '{"l0.q":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]},"l0.k":{"dtype":"F32","shape":[6,2],"data_offsets":[32,80]},"l1.q":{"dtype":"F32","shape":[4,2],"data_offsets":[80,112]},"l1.k":{"dtype":"F32","shape":[8,2],"data_offsets":[112,176]}}'
    run --separate-stderr lln-entropy x
    equal stderr "${stderr##*$'\n'}" \
        'lln-entropy: x: 2 layers, 1 query head, 1 key head, 4 query tokens, 6 to 8 key tokens, 2 features'
}

@test "heads side by side" {
    grouped
    npy qD.npy '<f4' '(2, 3, 8)' < q
    npy kD.npy '<f4' '(2, 3, 4)' < k
    for options in '--layout bnD --split-heads 4' '--split-heads 4' \
        '--split-heads 4:2 --layout bnD'; do
        # shellcheck disable=SC2086 # several words
        same grouped.csv $options --q qD.npy --k kD.npy
    done
    # other orders of axes, a head of 8 features, and selections
    table --layout nbhd --q q.npy --k k.npy > nbhd.csv
    same nbhd.csv --layout nbD --split-heads 4 --q qD.npy --k kD.npy
    table --layout bnhd --q q.npy --k k.npy --heads 1,3 > some.csv
    same some.csv --split-heads 4 --q qD.npy --k kD.npy --heads 1,3
    npy q1.npy '<f4' '(3, 8)' < <(head -c 96 q)
    npy k1.npy '<f4' '(3, 4)' < <(head -c 48 k)
    same <(grep -v '^0,' <(head -n 5 grouped.csv)) --split-heads 4 \
        --q q1.npy --k k1.npy
    npy q.nd.npy '<f4' '(6, 8)' < q
    table --q q.nd.npy --k q.nd.npy | cut -d, -f3- > one.csv
    lln-entropy -q --kernel softmax --split-heads 1 --q q.nd.npy --k q.nd.npy |
        cut -d, -f4- | cmp - one.csv
}

@test "every tool splits heads in the same way" {
    grouped
    npy qD.npy '<f4' '(2, 3, 8)' < q
    npy kD.npy '<f4' '(2, 3, 4)' < k
    npy vD.npy '<f4' '(2, 3, 4)' < v
    for tool in lln-entropy lln-stats lln-spectral lln-match; do
        "$tool" -q --layout bnhd --q q.npy --k k.npy | cut -d, -f2- > apart
        "$tool" -q --split-heads 4 --q qD.npy --k kD.npy | cut -d, -f2- |
            cmp - apart
    done
    lln-attend -q --layout bnhd --q q.npy --k k.npy --v v.npy -o apart.npy
    lln-attend -q --split-heads 4 --q qD.npy --k kD.npy --v vD.npy -o side.npy
    grep -aq "'shape': (2, 3, 4, 2)" apart.npy
    grep -aq "'shape': (2, 3, 8)" side.npy
    cmp <(tail -c 192 apart.npy) <(tail -c 192 side.npy)
    # without the seconds
    set -- --compare softmax --columns id,relative_error,kl_nats
    lln-attend -q --layout bnhd --q q.npy --k k.npy --v v.npy "$@" |
        cut -d, -f2- > apart
    equal rows "$(wc -l < apart)" 9
    lln-attend -q --split-heads 4 --q qD.npy --k kD.npy --v vD.npy "$@" |
        cut -d, -f2- | cmp - apart
}

@test "queries, keys and values in one array" {
    grouped
    # [tokens, 4 + 2 + 2 heads of 2 features]
    for ((t = 0; t < 6; t++)); do
        tail -c +$((t * 32 + 1)) q | head -c 32
        tail -c +$((t * 16 + 1)) k | head -c 16
        tail -c +$((t * 16 + 1)) v | head -c 16
    done > qkv
    # for each key head: two query heads, one of keys, one of values
    pick 8 0 1 4 6 2 3 5 7 < qkv > heads
    npy qkv.npy '<f4' '(2, 3, 16)' < qkv
    npy heads.npy '<f4' '(2, 3, 16)' < heads
    same grouped.csv --split-heads 4:2 --fused qkv qkv.npy
    same grouped.csv --split-heads 4:2 --fused head-qkv heads.npy
    same grouped.csv --split-heads 4:2 --fused qkv - < qkv.npy
    lln-attend -q --layout bnhd --q q.npy --k k.npy --v v.npy -o apart.npy
    lln-attend -q --split-heads 4:2 --fused head-qkv heads.npy -o o.npy
    grep -aq "'shape': (2, 3, 8)" o.npy
    cmp <(tail -c 192 apart.npy) <(tail -c 192 o.npy)
    # the order follows from the names
    for name in c_attn blocks.0.attn.qkv model.layers.3.self_attn.qkv_proj \
        encoder.Wqkv to_qkv W_pack transformer.h.0.attn.c_attn; do
        safetensors x "{\"$name\":{\"dtype\":\"F32\",\"shape\":[2,3,16],\"data_offsets\":[0,384]}}" < qkv
        equal "$name" "$(table --split-heads 4:2 x | cut -d, -f2-)" \
            "$(cut -d, -f2- grouped.csv)"
    done
    for name in query_key_value h.0.self_attention.query_key_value; do
        safetensors x "{\"$name\":{\"dtype\":\"F32\",\"shape\":[2,3,16],\"data_offsets\":[0,384]}}" < heads
        equal "$name" "$(table --split-heads 4:2 x | cut -d, -f2-)" \
            "$(cut -d, -f2- grouped.csv)"
    done
    run --separate-stderr lln-entropy --split-heads 4:2 x
    equal note "${stderr%%$'\n'*}" \
        "lln-entropy: x: queries, keys and values 'h.{layer}.self_attention.query_key_value', --fused head-qkv"
    equal extent "${stderr#*$'\n'}" \
        'lln-entropy: x: 2 batch entries, 1 layer, 4 query heads, 2 key heads, 3 tokens, 2 features'
}

@test "an axis of queries, keys and values" {
    # [2, 3 tokens, 3, 2 heads, 2 features]
    numbers 72 5 > all
    for ((r = 0; r < 6; r++)); do
        tail -c +$((r * 48 + 1)) all | head -c 16 >> q
        tail -c +$((r * 48 + 17)) all | head -c 16 >> k
        tail -c +$((r * 48 + 33)) all | head -c 16 >> v
    done
    npy q.npy '<f4' '(2, 3, 2, 2)' < q
    npy k.npy '<f4' '(2, 3, 2, 2)' < k
    npy v.npy '<f4' '(2, 3, 2, 2)' < v
    table --layout bnhd --q q.npy --k k.npy > apart.csv
    equal rows "$(wc -l < apart.csv)" 5
    npy five.npy '<f4' '(2, 3, 3, 2, 2)' < all
    npy four.npy '<f4' '(2, 3, 3, 4)' < all
    npy three.npy '<f4' '(2, 3, 12)' < all
    cat q k v | npy first.npy '<f4' '(3, 2, 3, 2, 2)'
    same apart.csv --layout bn3hd five.npy
    same apart.csv --layout bn3D --split-heads 2 four.npy
    same apart.csv --split-heads 2 --fused qkv three.npy
    same apart.csv --layout 3bnhd first.npy
    # head by head: [.., 2 heads, 3, 2] and [.., 2 heads, 3 times 2]
    pick 8 0 2 4 1 3 5 < all > heads
    npy h3.npy '<f4' '(2, 3, 2, 3, 2)' < heads
    npy h6.npy '<f4' '(2, 3, 2, 6)' < heads
    npy D.npy '<f4' '(2, 3, 12)' < heads
    same apart.csv --layout bnh3d h3.npy
    same apart.csv --layout bnhd --fused head-qkv h6.npy
    same apart.csv --split-heads 2 --fused head-qkv D.npy
    lln-attend -q --layout bnhd --q q.npy --k k.npy --v v.npy -o apart.npy
    lln-attend -q --layout bn3hd five.npy -o o.npy
    cmp apart.npy o.npy
}

@test "splits that do not fit" {
    head -c 96 /dev/zero | npy q.npy '<f4' '(2, 2, 6)'
    head -c 64 /dev/zero | npy k.npy '<f4' '(2, 2, 4)'
    files_before=$(ls)
    set -- --q q.npy --k q.npy
    refuses 1 'q.npy: 6 features; expected a multiple of 4, the number of heads side by side' \
        lln-entropy "$@" --split-heads 4
    refuses 2 'q.npy: 6 features; give the number of heads side by side with --split-heads (1, 2, 3, 6)' \
        lln-entropy "$@" --layout bnD
    refuses 2 "--split-heads: layout 'hnd' has no axis D (heads side by side)" \
        lln-entropy "$@" --layout hnd --split-heads 2
    refuses 1 'k.npy: 4 features; expected a multiple of 3, the features of one of the 2 heads of q.npy' \
        lln-entropy --q q.npy --k k.npy --split-heads 2
    for bad in 0 x 2: 2:0 -1 2,1 4:3; do
        run --separate-stderr lln-entropy "$@" --split-heads "$bad"
        equal status "$status" 2
        [[ $stderr == "lln-entropy: --split-heads"* ]]
    done
    refuses 1 'q.npy: 6 features; expected a multiple of 8: 4 heads of queries, 2 of keys and 2 of values' \
        lln-entropy --fused qkv --split-heads 4:2 q.npy
    refuses 2 'q.npy: 6 features of queries, keys and values; give the number of heads side by side with --split-heads (1, 2)' \
        lln-entropy --fused head-qkv --layout bnd q.npy
    refuses 2 "--fused 'kqv': expected qkv or head-qkv" \
        lln-entropy --fused kqv q.npy
    refuses 2 '--fused cannot be used with --q and --k: it applies to a FILE that contains both' \
        lln-entropy "$@" --fused qkv
    refuses 2 "--fused cannot be used with layout 'b3nd': its axis 3 separates queries, keys and values" \
        lln-entropy --fused qkv --layout b3nd q.npy
    refuses 1 "q.npy: 2 entries along axis 3 of layout '3nd'; expected 3: queries, keys and values" \
        lln-entropy --layout 3nd q.npy
    refuses 2 '--split-heads needs heads from files; use FILE, or --q and --k' \
        lln-stats --split-heads 2
    refuses 2 '--fused needs heads from files; use FILE, or --q and --k' \
        lln-match --fused qkv
}
