# SPDX-License-Identifier: GPL-3.0-or-later
#
# Queries and keys from what projections give to what enters the logits:
# --clip-qkv, --qk-norm, --rope, --positions, --query-scale. Expected numbers
# are those of reference programs (tests/data/README.md).
# shellcheck disable=SC2034,SC2154 # helper.bash and bats use and set variables
load helper

vectors=$DATA/logits
raw=(-q --layout hnd --q "$vectors/a_q.npy" --k "$vectors/a_k.npy")

# numbers FILE.npy | FILE.safetensors: its float64, one a line.
numbers() {
    local header
    case $1 in
    *.npy) header=$(($(od -An -tu2 -j8 -N2 "$1") + 10)) ;;
    *) header=$(($(od -An -tu8 -N8 "$1") + 8)) ;;
    esac
    tail -c +$((header + 1)) "$1" | od -An -v -w8 -tf8 | tr -d ' '
}

# array FIRST COUNT: numbers of h.safetensors.
array() {
    numbers h.safetensors | tail -n +$(($1 + 1)) | head -n "$2"
}

# maps OPTION...: writes the mapped heads and P.
maps() {
    lln-attend "${raw[@]}" --double --causal --scale 0.25 --write-p \
        --write-heads h.safetensors "$@"
}

# expect CASE: queries, keys (of two heads each) and P of maps are those of a
# case: 4 x 24 x 16 queries, as many keys, 4 x 24 x 24 entries.
expect() {
    local size=1536
    [ ! -e "$vectors/$1.q_out.npy" ] ||
        paste -d' ' <(array 0 $size) <(numbers "$vectors/$1.q_out.npy") |
        near 1e-12 absolute
    [ ! -e "$vectors/$1.k_out.npy" ] ||
        paste -d' ' <(array $size 384) \
            <(numbers "$vectors/$1.k_out.npy" | head -n 384) |
        near 1e-12 absolute
    paste -d' ' <(array $((2 * size)) 2304) <(numbers "$vectors/$1.P.npy") |
        near 1e-12 absolute
}

across="q_norm=$vectors/norm_rms_across.q_norm.npy"
across+=",k_norm=$vectors/norm_rms_across.k_norm.npy"

@test "a norm over all heads of a token, then rotary embedding" {
    maps --qk-norm rms:across-heads --rope half --arrays "$across"
    expect norm_rms_across
    # The options in any order and number.
    cp h.safetensors before
    maps --arrays "${across#*,}" --rope half --arrays "${across%,*}" \
        --qk-norm rms:across-heads:eps=1e-6 --threads 1
    cmp h.safetensors before
}

@test "a norm of each head with weights and biases" {
    local at=$vectors/norm_layer
    maps --qk-norm layer --rope half:theta=1e4:dims=16:at=first --arrays \
        "q_norm=$at.q_norm.npy,k_norm=$at.k_norm.npy" --arrays \
        "q_norm_bias=$at.q_norm_bias.npy,k_norm_bias=$at.k_norm_bias.npy"
    expect norm_layer
}

@test "scaled frequencies, positions from a file, factors of queries" {
    maps --positions "$vectors/rope_yarn_mscale.positions.npy" --rope \
        half:scaling=yarn:factor=40:original=512:mscale=1:mscale-all-dim=0.7
    expect rope_yarn_mscale
    maps --query-scale ssmax --arrays "ssmax=$vectors/scale_ssmax.ssmax.npy"
    expect scale_ssmax
}

@test "positions as text, frequencies from an array" {
    seq 1000 1023 > positions
    maps --rope pairs --positions positions
    cp h.safetensors before
    maps --rope pairs --positions +1000
    cmp h.safetensors before
    maps --rope pairs
    # Logits depend on differences of positions alone.
    paste -d' ' <(array 3072 2304) <(numbers before | tail -n +3073) |
        near 1e-12 absolute
    run cmp -s h.safetensors before
    equal status "$status" 1
    # 1 and 1/2 in float64, and so on.
    printf '%b' '\0\0\0\0\0\0\360\77\0\0\0\0\0\0\340\77' > two
    cat two two two two | npy freqs.npy '<f8' '(8,)'
    maps --rope half --arrays rope_freqs=freqs.npy
    cp h.safetensors before
    maps --rope half:attention=1 --arrays rope_freqs=freqs.npy
    cmp h.safetensors before
    maps --rope half:attention=2 --arrays rope_freqs=freqs.npy
    paste -d' ' <(array 0 1536) <(numbers before | head -n 1536) |
        awk '{ printf "%s %.17g\n", $1, 2 * $2 }' | near 1e-12 absolute
}

@test "heads that were selected are those of all heads" {
    maps --qk-norm rms:across-heads --rope half --arrays "$across"
    numbers h.safetensors > all
    maps --qk-norm rms:across-heads --rope half --arrays "$across" --heads 1,3
    paste -d' ' <(array 0 768) \
        <(sed -n '385,768p;1153,1536p' all) | near 1e-15 absolute
    paste -d' ' <(array 1536 1152) \
        <(tail -n +3073 all | sed -n '577,1152p;1729,2304p') |
        near 1e-14 absolute
    for shard in 1/2 2/2; do
        lln-entropy "${raw[@]}" --kernel softmax --qk-norm rms:across-heads \
            --arrays "$across" --columns head,entropy_nats --shard $shard
    done | sort -u > shards
    lln-entropy "${raw[@]}" --kernel softmax --qk-norm rms:across-heads \
        --arrays "$across" --columns head,entropy_nats | sort | cmp - shards
}

# Two layers with the same numbers, with maps of their own.
@test "maps by layer" {
    for name in q k; do
        heads=$([ $name = q ] && echo 4 || echo 2)
        tail -c $((heads * 24 * 16 * 8)) "$vectors/a_$name.npy" > one
        cat one one | npy $name.npy '<f8' "(2, $heads, 24, 16)"
    done
    # shellcheck disable=SC2054 # commas are meant
    two=(-q --layout lhnd --q q.npy --k k.npy --columns layer,head,entropy_nats
        --kernel softmax)
    # entropies LAYER OPTION...: without the number of the layer.
    entropies() {
        lln-entropy "${two[@]}" "${@:2}" --layers "$1" | cut -d, -f2-
    }
    entropies 0 --rope half > turned
    entropies 0 > plain
    run cmp -s turned plain
    equal status "$status" 1
    entropies 0 --rope half --rope 1@none | cmp - turned
    entropies 1 --rope 1@none --rope half | cmp - plain
    entropies 1 --rope 0-1@half | cmp - turned
    entropies 1 --rope 0@half | cmp - plain
    entropies 1 --rope half --rope 7@none | cmp - turned
    # An array of two layers: the weights of the second are those of one.
    for layer in 0 1; do
        for _ in {1..16}; do
            printf '%b' "\\0\\0\\0\\0\\0\\0\\$([ $layer = 1 ] && echo 0 ||
                echo 360)\\$([ $layer = 1 ] && echo 100 || echo 77)"
        done
    done | npy w.npy '<f8' '(2, 16)'
    tail -c 128 w.npy | npy w1.npy '<f8' '(16,)'
    entropies 1 --qk-norm l2 --arrays q_norm=w.npy,k_norm=w.npy > both
    entropies 1 --qk-norm l2 --arrays q_norm=w1.npy,k_norm=w1.npy | cmp - both
    entropies 0 --qk-norm l2 --arrays q_norm=w.npy,k_norm=w.npy > first
    run cmp -s first both
    equal status "$status" 1
}

@test "the temperature is set after the maps, and every tool takes them" {
    options=(--rope half --qk-norm l2)
    lln-entropy "${raw[@]}" "${options[@]}" --tau 0.5 --kernel softmax \
        --columns head,tau | column tau | sed 's/$/ 0.5/' > taus
    near 1e-12 < taus
    lln-attend "${raw[@]}" "${options[@]}" --double --write-heads h.npz
    for tool in lln-entropy lln-stats lln-spectral lln-match; do
        # The written heads have a layer.
        $tool "${raw[@]}" "${options[@]}" --double | cut -d, -f3- > direct
        $tool -q --layout hnd h.npz --double | cut -d, -f3- | cmp - direct
        [ "$(wc -l < direct)" -gt 4 ]
    done
}

@test "values are clamped too" {
    lln-attend -n 6 -d 2 --trials 2 --kernel softmax -o x.npy
    lln-attend -q --layout hnd --q x.npy --k x.npy --v x.npy --clip-qkv 0.25 \
        --double --write-heads h.safetensors
    equal largest "$(numbers h.safetensors | tr -d - | sort -g | tail -n 1)" \
        0.25
    equal numbers "$(numbers h.safetensors | wc -l)" 72
}

# Keys that are all 1 before they are turned.
@test "a hint at keys that were turned already" {
    printf '\0\0\200\77%.0s' {1..2048} | npy x.npy '<f4' '(1, 2, 128, 8)'
    ones=(-q --layout lhnd --q x.npy --k x.npy)
    run --separate-stderr lln-attend "${ones[@]}" --rope half \
        --write-heads h.npz
    equal stderr "$stderr" ''
    for pairing in half pairs; do
        run --separate-stderr lln-stats -q --layout hnd h.npz --rope $pairing
        equal status "$status" 0
        equal stderr "$stderr" 'lln-stats: 2 of 2 key heads of layer 0 look as if rotary embedding had already been applied to them; if so, leave out --rope'
    done
    run --separate-stderr lln-stats -q --layout hnd h.npz
    equal stderr "$stderr" ''
}

# All rows have 4 in channels 2 and 3, which are a pair of inverse frequency
# 0.1, or halves of pairs of 0.01 and 0.001. By numpy 0.27 and 0.075.
@test "a hint at the wrong pairing" {
    for _ in {1..256}; do
        printf '\0\0\0\0\0\0\0\0\0\0\200\100\0\0\200\100'
        printf '\0%.0s' {1..16}
    done | npy x.npy '<f4' '(2, 128, 8)'
    two=(-q --layout hnd --q x.npy --k x.npy --causal)
    run --separate-stderr lln-stats "${two[@]}" --rope half
    equal status "$status" 0
    equal stderr "$stderr" 'lln-stats: --rope half may be the wrong pairing: a token gives 0.075 of its attention to itself and the three tokens before it, but 0.27 with --rope pairs'
    run --separate-stderr lln-stats "${two[@]}" --rope half:theta=1e4:at=last
    [[ $stderr == *'but 0.27 with --rope pairs:theta=1e4:at=last' ]]
    run --separate-stderr lln-stats "${two[@]}" --rope pairs
    equal stderr "$stderr" ''
}

# With a single head, a norm across heads is that of the head. The hint at the
# pairing maps heads of at least 64 queries with both pairings.
@test "a hint does not change a norm across heads after rotary embedding" {
    lln-attend -q -n 128 -d 8 --trials 1 --write-heads x.safetensors
    for heads in '' :across-heads; do
        lln-entropy -q --layout hnd --kernel softmax --rope half \
            --qk-norm "layer:after-rope$heads" --columns entropy_nats \
            x.safetensors >"entropy$heads"
    done
    cmp entropy entropy:across-heads
}

@test "bad usage" {
    lln=(lln-entropy "${raw[@]}")
    q="q_norm=$vectors/norm_rms_one_plus.q_norm.npy"
    k="k_norm=$vectors/norm_rms_one_plus.k_norm.npy"
    refuses 2 "--rope: 'full': expected half, pairs or none" "${lln[@]}" \
        --rope full
    refuses 2 "--rope: layer 3 has two values, 'half' and 'none'" "${lln[@]}" \
        --rope 0-3@half --rope 3@none
    refuses 2 "--rope: two values for all layers, 'half' and 'none'; write LAYERS@VALUE for a value of some layers" \
        "${lln[@]}" --rope half --rope none
    refuses 2 '--positions needs --rope, --query-scale ministral or --bias alibi' \
        "${lln[@]}" --positions +3
    refuses 2 '--positions restart needs --documents' "${lln[@]}" --rope half \
        --positions restart
    refuses 2 "--positions: '+x': expected + and a whole number of at least 0" \
        "${lln[@]}" --rope half --positions +x
    refuses 2 '--arrays q_norm= needs --qk-norm' "${lln[@]}" --arrays "$q,$k"
    refuses 2 '--arrays q_norm= needs k_norm=' "${lln[@]}" --arrays "$q" \
        --qk-norm rms
    refuses 2 '--qk-norm: plus-one needs --arrays q_norm=FILE,k_norm=FILE' \
        "${lln[@]}" --qk-norm rms:plus-one
    refuses 2 '--qk-norm: after-rope needs --rope' "${lln[@]}" \
        --qk-norm rms:after-rope
    refuses 2 '--arrays rope_short= needs --rope with scaling=longrope' \
        "${lln[@]}" --rope half --arrays rope_short=x
    refuses 2 '--rope: scaling=longrope needs --arrays rope_short=FILE,rope_long=FILE' \
        "${lln[@]}" --rope half:scaling=longrope:original=9:factor=2
    refuses 2 '--rope: attention= needs scaling=yarn, scaling=longrope or --arrays rope_freqs=' \
        "${lln[@]}" --rope half:attention=2
    refuses 2 '--rope: theta= cannot be used with --arrays rope_freqs=' \
        "${lln[@]}" --rope half:theta=5 --arrays rope_freqs=x
    refuses 2 '--arrays rope_freqs= needs --rope' "${lln[@]}" \
        --arrays rope_freqs=x
    refuses 2 '--query-scale ssmax needs factor= or --arrays ssmax=FILE' \
        "${lln[@]}" --query-scale ssmax
    refuses 2 '--arrays ssmax= needs --query-scale ssmax' "${lln[@]}" \
        --arrays ssmax=x --query-scale llama4
    refuses 2 "--arrays: no kernel in 'softmax,lln' takes an array 'q_norms'; see --list-kernels, and lln-tools(7) for arrays of other options" \
        "${lln[@]}" --qk-norm rms --arrays "q_norms=${q#*=}"
    refuses 2 '--rope needs heads from files; use FILE, or --q and --k' \
        lln-entropy --rope half
}

@test "arrays and positions that do not fit" {
    lln=(lln-entropy "${raw[@]}")
    refuses 2 "--rope: dims=18: the heads have 16 features" "${lln[@]}" \
        --rope half:dims=18
    refuses 2 "--arrays q_norm: 32 numbers do not fit head 0; expected 16, or 16 for each query head" \
        "${lln[@]}" --qk-norm rms --arrays \
        "q_norm=${across##*=},k_norm=${across##*=}"
    seq 23 > ../positions
    refuses 2 "../positions: 23 positions; $vectors/a_q.npy has 24 keys" \
        "${lln[@]}" --rope half --positions ../positions
    seq 24 | sed 's/$/ 1/' > ../positions
    refuses 2 '../positions: 2 columns of positions; --rope has 0 sections' \
        "${lln[@]}" --rope half --positions ../positions
    refuses 2 '--rope: sections= needs --positions FILE with a column for each section' \
        "${lln[@]}" --rope half:sections=4,4
    refuses 2 '--query-scale: foo: No such file or directory; expected llama4, ministral, ssmax, none or a file' \
        "${lln[@]}" --query-scale foo
    refuses 2 '--rope: sections add up to 7 pairs; expected 8, half of the rotated features' \
        "${lln[@]}" --rope half:sections=4,3 --positions ../positions
    refuses 1 "--query-scale: $vectors/scale_ssmax.ssmax.npy: key 'x': a .npy file contains one array without a name" \
        "${lln[@]}" --query-scale "$vectors/scale_ssmax.ssmax.npy:x"
    refuses 1 "--rope: $vectors/a_q.npy: 24 queries and 3 keys; expected at least as many keys as queries, which have the positions of the last keys" \
        lln-entropy -q --layout hnd --q "$vectors/a_q.npy" \
        --k <(tail -c 768 "$vectors/a_k.npy" | npy /dev/stdout '<f8' '(2, 3, 16)') \
        --rope half
}

@test "no input is overwritten" {
    cp "$vectors/scale_ssmax.ssmax.npy" s.npz
    # shellcheck disable=SC2034 # for refuses
    files_before=s.npz
    refuses 1 's.npz: the output would overwrite this input; use another name' lln-attend \
        "${raw[@]}" --query-scale ssmax --arrays ssmax=s.npz \
        --write-heads s.npz
}

# rows FIRST BYTES < NUMBERS: these bytes of each of 24 rows of 192 bytes.
rows() {
    local j
    cat > all
    for ((j = 0; j < 24; j++)); do
        tail -c +$((j * 192 + $1 + 1)) all | head -c "$2"
    done
    rm all
}

@test "features of keys that all heads share" {
    # Head 0 of the keys of a case, in two parts.
    wide() { tail -c +129 "$vectors/wide_k.npy" | head -c $((24 * 192)); }
    wide | rows 0 128 | npy k.npy '<f8' '(1, 24, 16)'
    wide | rows 128 64 | npy r.npy '<f8' '(24, 8)'
    lln-attend -q --layout hnd --q "$vectors/wide_q.npy" --k k.npy \
        --heads 0,1 --arrays k_rope=r.npy --rope pairs:dims=8:at=last \
        --causal --double --write-heads h.safetensors
    paste -d' ' <(array $((2 * 24 * 24)) 576) \
        <(numbers "$vectors/rope_pairs_partial_last.k_out.npy" | head -n 576) |
        near 1e-12 absolute
    files_before=$(ls -A)
    refuses 2 '--arrays k_rope= needs queries and keys from files; use FILE, or --q and --k' \
        lln-entropy --arrays k_rope=r.npy
    refuses 2 "--arrays: 'k_rope' is given twice" lln-entropy -q --layout hnd \
        --q "$vectors/wide_q.npy" --k k.npy --arrays k_rope=r.npy,k_rope=r.npy
}
