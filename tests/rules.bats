# SPDX-License-Identifier: GPL-3.0-or-later
#
# The rule of logits: --softcap, --bias, --sink, --chunk, --prefix, --documents,
# --mask, --causal=top, --window L,R, values by layer, and the column rule.
# Expected numbers are those of reference programs (tests/data/README.md).
# shellcheck disable=SC2154 # bats sets status, output, stderr
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

# p OPTION...: P of softmax, which follows 4 x 24 x 16 queries and as many keys.
p() {
    lln-attend "${raw[@]}" --double --kernel softmax --write-p \
        --write-heads h.safetensors "$@"
    numbers h.safetensors | tail -n +3073
}

# expect CASE OPTION...: P is that of a case.
expect() {
    paste -d' ' <(p "${@:2}") <(numbers "$vectors/$1.P.npy") |
        near 1e-12 absolute
}

@test "a cap, then ALiBi" {
    expect softcap --causal --scale 0.5 --softcap 2 --bias alibi
    # Slopes of four heads: 2^(-8 (h + 1) / 4).
    printf '%b' '\0\0\0\0\0\0\320\77\0\0\0\0\0\0\260\77' \
        '\0\0\0\0\0\0\220\77\0\0\0\0\0\0\160\77' | npy s.npy '<f8' '(4,)'
    expect softcap --causal --scale 0.5 --softcap 2 --bias alibi \
        --arrays slopes=s.npy
    seq 100 123 > positions
    expect softcap --causal --scale 0.5 --softcap 2 --bias alibi:max=8 \
        --positions positions
}

@test "ALiBi: heads in files of their own" {
    for head in 0 1 2 3; do
        tail -c +$((129 + 3072 * head)) "$vectors/a_q.npy" | head -c 3072 |
            npy "../h$head.npy" '<f8' '(24, 16)'
    done
    files=(-q --q '../h{head}.npy' --k '../h{head}.npy' --kernel softmax --bias alibi)
    lln-entropy "${files[@]}" | column entropy_nats > ../all
    lln-entropy -q --layout hnd --q "$vectors/a_q.npy" --k "$vectors/a_q.npy" \
        --kernel softmax --bias alibi | column entropy_nats | cmp - ../all
    missing='--bias alibi with --heads, or with a head missing, needs --arrays slopes=FILE: the number of heads of the model is not known from arrays of one head each'
    refuses 2 "$missing" lln-entropy "${files[@]}" --heads 2
    rm ../h0.npy ../h2.npy
    refuses 2 "$missing" lln-entropy "${files[@]}"
}

@test "biases from arrays" {
    expect bias_toeplitz --scale 0.25 --bias toeplitz \
        --arrays "bias=$vectors/bias_toeplitz.bias.npy"
    # The same numbers for each query and key.
    for head in 0 1 2 3; do
        for i in {0..23}; do
            tail -c +$((129 + 8 * (47 * head + 23 - i))) \
                "$vectors/bias_toeplitz.bias.npy" | head -c 192
        done
    done | npy full.npy '<f8' '(4, 24, 24)'
    expect bias_toeplitz --scale 0.25 --bias full --arrays bias=full.npy
}

@test "T5: near keys have buckets of their own, far ones share them" {
    # Decoder of 4 buckets, distance 8: 0, 1, 2-3, 4 and more; later keys are
    # as the own one. E = 2: 2 + floor(ln(a / 2) / ln(4) 2).
    printf '%b' '\0\0\0\0\0\0\0\0' '\0\0\0\0\0\0\360\77' \
        '\0\0\0\0\0\0\0\100' '\0\0\0\0\0\0\10\100' |
        npy t.npy '<f8' '(4, 1)'
    head -c 56 /dev/zero | npy x.npy '<f8' '(7, 1)'
    lln-attend -q --q x.npy --k x.npy --double --kernel softmax --write-p \
        --bias t5:buckets=4:distance=8:decoder --arrays bias=t.npy \
        --write-heads h.safetensors
    # ln P of the last row, relative to its own key.
    paste -d' ' <(numbers h.safetensors | tail -n 7 |
        awk '{ x[NR] = $1 }
            END { for (i = 7; i; i--) print log(x[i] / x[7]) }') \
        <(printf '%s\n' 0 1 2 2 3 3 3) | near 1e-12 absolute
    lln-attend -q --q x.npy --k x.npy --double --kernel softmax --write-p \
        --bias t5:buckets=4:distance=8 --arrays bias=t.npy \
        --write-heads h.safetensors
    # Two buckets to each side: 0, 1 and more; 2, of distance 0 alone, is none.
    paste -d' ' <(numbers h.safetensors | tail -n 28 | head -n 7 |
        awk '{ x[NR] = $1 }
            END { for (i = 1; i < 8; i++) print log(x[i] / x[4]) }') \
        <(printf '%s\n' 1 1 1 0 3 3 3) | near 1e-12 absolute
}

@test "a sink for each head" {
    expect sink_softcap --causal --scale 1 --softcap 2 \
        --arrays "sink=$vectors/sink_softcap.sinks.npy"
    # The sink of one head for all: the first head is the same.
    z=$(numbers "$vectors/sink_softcap.sinks.npy" | head -n 1)
    paste -d' ' <(p --causal --scale 1 --softcap 2 --sink "$z" | head -n 576) \
        <(numbers "$vectors/sink_softcap.P.npy" | head -n 576) |
        near 1e-12 absolute
}

# An array for all layers is not taken for
# one of layers because its first axis is as long.
@test "as many heads or buckets as layers" {
    head -c 6144 "$vectors/a_q.npy" | tail -c 6016 > numbers
    head -c 3072 numbers | npy x.npy '<f8' '(2, 2, 6, 16)'
    two=(-q --layout lhnd --q x.npy --k x.npy --kernel softmax --double)
    head -c 176 numbers | npy b.npy '<f8' '(2, 11)'
    head -c 128 numbers | npy t.npy '<f8' '(8, 2)'
    head -c 96 numbers | npy s.npy '<f8' '(2, 6)'
    for layers in 0,1 1; do
        lln-entropy "${two[@]}" --layers "$layers" --bias toeplitz \
            --arrays bias=b.npy > "toeplitz$layers"
        lln-entropy "${two[@]}" --layers "$layers" --query-scale s.npy \
            > "scale$layers"
    done
    # The second layer alone has no axis of layers.
    tail -c 1536 <(head -c 3072 numbers) | npy y.npy '<f8' '(2, 6, 16)'
    one=(-q --layout hnd --q y.npy --k y.npy --kernel softmax --double)
    lln-entropy "${one[@]}" --bias toeplitz --arrays bias=b.npy |
        column entropy_nats > expected
    column entropy_nats < toeplitz1 | cmp - expected
    column entropy_nats < toeplitz0,1 | tail -n 2 | cmp - expected
    lln-entropy "${one[@]}" --query-scale s.npy | column entropy_nats > expected
    column entropy_nats < scale1 | cmp - expected
    column entropy_nats < scale0,1 | tail -n 2 | cmp - expected
    # Eight layers and buckets.
    head -c 3072 numbers | npy x.npy '<f8' '(8, 2, 6, 4)'
    lln-entropy "${two[@]}" --bias t5:buckets=8:distance=16 --arrays bias=t.npy |
        column entropy_nats | tail -n 2 > all
    tail -c 384 <(head -c 3072 numbers) | npy y.npy '<f8' '(2, 6, 4)'
    lln-entropy "${one[@]}" --bias t5:buckets=8:distance=16 --arrays bias=t.npy |
        column entropy_nats | cmp - all
}

@test "cu_seqlens of as many numbers as keys" {
    printf '\0%.0s' {1..16} | npy x.npy '<f4' '(2, 2)'
    for pair in '0 2=2' '0 0=2' '1 2=1'; do
        echo "${pair%=*}" > d
        equal keys "$(lln-entropy -q --q x.npy --k x.npy --kernel softmax \
            --documents d | column effective_keys)" "${pair#*=}"
    done
}

@test "documents and windows" {
    ids=$vectors/documents_causal.documents.npy
    # of OPTION...
    of() {
        expect documents_window --scale 0.25 --rope half "$@"
    }
    of --documents "$ids" --window 5
    of --documents "$ids" --window 4,4
    echo 0 5 14 15 24 > cu_seqlens
    of --documents cu_seqlens --window 5
    { yes 7 | head -n 5; yes 3 | head -n 9; echo 1; yes 9 | head -n 9; } > ids
    of --documents ids --window 5
    # Positions begin again: other angles, the same P.
    of --documents ids --window 5 --positions restart
}

@test "masks are combined" {
    expect mask_bool --scale 0.25 --mask "$vectors/mask_bool.mask.npy"
    # The same booleans under a key.
    tail -c 576 "$vectors/mask_bool.mask.npy" | safetensors mask.safetensors \
        '{"m":{"dtype":"BOOL","shape":[24,24],"data_offsets":[0,576]}}'
    expect mask_bool --scale 0.25 --mask mask.safetensors:m
    p --chunk 6 --causal > a
    echo 0 6 12 18 24 > cu_seqlens
    p --documents cu_seqlens --causal | cmp - a
    p --documents cu_seqlens --window -1,0 | cmp - a
    p --documents cu_seqlens --causal --window 23 --chunk 12 | cmp - a
    # A prefix of all tokens is no causal mask.
    p --causal --prefix 24 > a
    p | cmp - a
    p --causal --prefix 1 > a
    p --causal | cmp - a
}

@test "fewer queries than keys" {
    tail -c $((16 * 8 * 2)) "$vectors/a_q.npy" | npy q.npy '<f8' '(2, 16)'
    tail -c $((16 * 8 * 4)) "$vectors/a_k.npy" | npy k.npy '<f8' '(4, 16)'
    rows() {
        lln-entropy -q --q q.npy --k k.npy --kernel softmax --per-row \
            --columns keys "$@" | tail -n +2 | tr '\n' ' '
    }
    equal bottom "$(rows --causal)" '3 4 '
    equal top "$(rows --causal=top)" '1 2 '
    equal window "$(rows --causal=top --window 1)" '1 1 '
    equal right "$(rows --window -1,1)" '4 4 '
    equal left "$(rows --window 1,-1)" '3 2 '
}

# Two layers with the same numbers.
@test "rules by layer, and the column rule" {
    for name in q k; do
        heads=$([ $name = q ] && echo 4 || echo 2)
        tail -c $((heads * 24 * 16 * 8)) "$vectors/a_$name.npy" > one
        cat one one | npy $name.npy '<f8' "(2, $heads, 24, 16)"
    done
    two=(lln-entropy -q --layout lhnd --q q.npy --k k.npy --heads 0
        --kernel softmax --causal)
    prints 'layer,rule
0,--causal --window 3
1,--causal --softcap 2 --scale 0.5' "${two[@]}" --columns layer,rule \
        --window 3 --window 1@none --softcap 1@2 --scale 1@0.5
    "${two[@]}" --window 3 --window 1@none --softcap 1@2 --scale 1@0.5 > both
    equal columns "$(head -n 1 both | cut -d, -f10)" rule
    column entropy_nats < both > entropies
    {
        "${two[@]}" --layers 0 --window 3 | column entropy_nats
        "${two[@]}" --layers 1 --softcap 2 --scale 0.5 | column entropy_nats
    } | cmp - entropies
    # A norm after rotary embedding needs some; without, it is the same norm.
    prints 'layer,rule
0,--causal --qk-norm rms:after-rope --rope half
1,--causal --qk-norm rms' "${two[@]}" --columns layer,rule --rope half \
        --rope 1@none --qk-norm rms:after-rope
    # Without a value by layer, the column is there on request alone.
    "${two[@]}" --window 3 | head -n 1 | grep -v rule
    prints 'rule
nan' "${two[@]}" --window 0@3 --aggregate all --columns rule
    prints 'rule
--causal' "${two[@]}" --aggregate all --columns rule
}

@test "values for layers that no head has" {
    head -c 1024 /dev/zero | safetensors x.safetensors \
        '{"layers.0.q":{"dtype":"F32","shape":[16,8],"data_offsets":[0,512]},'\
'"layers.0.k":{"dtype":"F32","shape":[16,8],"data_offsets":[512,1024]}}'
    lln=(lln-entropy --quiet --kernel softmax --columns 'layer,n' x.safetensors)
    run --separate-stderr "${lln[@]}" --window 3-5,7@4 --window 0@3 --sink 2@1
    equal status "$status" 0
    equal stdout "$output" $'layer,n\n0,16'
    unused="is not used: no head is in layer"
    equal stderr "$stderr" "\
lln-entropy: --window: the value '4' $unused 3 or in the other layers before its @
lln-entropy: --sink: the value '1' $unused 2"
    prints $'layer,n\n0,16' "${lln[@]}" --window 7@4 --layers 0
}

@test "kernels that do not support a part are measured without it" {
    run --separate-stderr lln-entropy "${raw[@]}" --causal --softcap 2 --sink 0 \
        --kernel softmax,lln,topth --columns head,kernel,rule,entropy_nats
    equal status "$status" 0
    equal stderr "$stderr" "lln-entropy: kernels that do not support an option are measured without it: 'lln' without --softcap and --sink, 'topth' without --sink"
    equal lln "$(grep ,lln, <<< "$output" | sed 's/,--causal,/,/')" \
        "$(lln-entropy "${raw[@]}" --causal --kernel lln \
            --columns head,kernel,entropy_nats | tail -n +2)"
    equal rules "$(column rule <<< "$output" | sort -u)" '--causal
--causal --softcap 2
--causal --softcap 2 --sink 0'
    refuses 2 "kernel 'lln' does not support --softcap" lln-entropy \
        --softcap 2 --kernel lln
    refuses 2 "kernel 'lln' does not support --softcap" lln-match --softcap 2
    refuses 2 "kernel 'elu' does not support --chunk" lln-entropy \
        --chunk 3 --kernel softmax,elu
    refuses 2 "kernel 'lln' does not support --mask" lln-entropy \
        "${raw[@]}" --mask "$vectors/mask_bool.mask.npy" --kernel lln
    # A file of the default kernels, whose name needs quotes.
    cp "$vectors/mask_bool.mask.npy" "../it's.npy"
    run --separate-stderr lln-entropy "${raw[@]}" --mask "../it's.npy" \
        --columns kernel,rule --heads 0
    equal stderr "$stderr" "lln-entropy: kernels that do not support an option are measured without it: 'lln' without --mask"
    equal rules "$output" "kernel,rule
softmax,--mask '../it'\\''s.npy'
lln,\"\""
}

@test "the weight of a sink" {
    tail -c 16 "$vectors/a_q.npy" > one
    npy q.npy '<f8' '(1, 2)' < one
    printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' |
        npy k.npy '<f8' '(2, 2)'
    # Logits 0, 0 and the sink 0: three outcomes of 1/3.
    lln-entropy -q --q q.npy --k k.npy --kernel softmax --sink 0 > table
    for pair in outside_mass=0.3333333333333333 \
        entropy_nats=0.6931471805599453 row_sum_min=0.6666666666666667 \
        entropy_with_sink_nats=1.0986122886681098; do
        echo "$(column "${pair%=*}" < table)" "${pair#*=}"
    done | near 1e-12
    equal outside "$(lln-entropy -q --q q.npy --k k.npy --kernel softmax \
        --columns id,outside_mass | column outside_mass)" 0
}

# The sink of the kernel replaces that of the rule, and leaves no theory.
@test "a sink that is a parameter" {
    lln-entropy -n 9 -d 3 --sink 5 --kernel softmax:sink=1,softmax > with
    lln-entropy -n 9 -d 3 --sink 1 --kernel softmax > without
    equal row "$(sed -n 's/^\(.*\),softmax:sink=1,/\1,softmax,/p' with)" \
        "$(tail -n 1 without)"
    lln-entropy -n 9 -d 3 --kernel softmax:sink=1 \
        --columns entropy_theory_nats > theory
    equal theory "$(tail -n 1 theory)" nan
}

# A sink at 100 has the weight 1 in float64; the entropy is below 1e-40.
@test "a sink that takes all weight" {
    printf '\0%.0s' {1..16} | npy q.npy '<f4' '(2, 2)'
    lln-entropy -q --q q.npy --k q.npy --kernel softmax --sink 100 > table
    equal weight "$(column outside_mass < table)" 1
    equal entropy "$(column entropy_with_sink_nats < table)" 0
}

# Row 1 of three sees no key; the diagonal of P is 1/2, 0, 1/4.
@test "eigenvalues of a causal head with a row that sees no key" {
    printf '\0%.0s' {1..24} | npy x.npy '<f4' '(3, 2)'
    printf '\1\1\1\0\0\0\1\1\1' | npy m.npy '|b1' '(3, 3)'
    lln-spectral -q --q x.npy --k x.npy --kernel softmax --double --causal \
        --mask m.npy --sink 0 --eigenvalues 3 | column modulus |
        paste -d' ' - <(printf '%s\n' 0.5 0.25 0) | near 1e-12 absolute
}

@test "options that contradict each other or have no effect" {
    lln=(lln-entropy "${raw[@]}" --kernel softmax)
    mask="$vectors/mask_bool.mask.npy"
    refuses 2 '--prefix needs --causal: without it there is no causal mask to lift' \
        "${lln[@]}" --prefix 3
    refuses 2 '--bias alibi:symmetric cannot be used with --causal' \
        "${lln[@]}" --bias alibi:symmetric --causal
    refuses 2 '--bias full needs --arrays bias=FILE' "${lln[@]}" --bias full
    refuses 2 '--arrays bias= needs --bias full, toeplitz or t5' \
        "${lln[@]}" --arrays bias=x
    refuses 2 '--arrays slopes= needs --bias alibi' "${lln[@]}" \
        --arrays slopes=x
    refuses 2 '--arrays sink= cannot be used with --sink' "${lln[@]}" \
        --arrays sink=x --sink 1
    refuses 2 '--bias alibi:max= cannot be used with --arrays slopes=' \
        "${lln[@]}" --bias alibi:max=4 --arrays slopes=x
    refuses 2 '--mask needs heads from files; use FILE, or --q and --k' \
        lln-entropy --kernel softmax --mask x
    refuses 2 '--window: sampled heads have no layers' lln-entropy --window 1@3
    refuses 2 '--causal cannot be used with --causal=top' lln-entropy \
        --causal --causal=top
    refuses 2 '--tau cannot be used with --softcap for heads from files: --tau can only set the variance of scale q.k, before --softcap' \
        "${lln[@]}" --tau 1 --softcap 3
    refuses 2 '--tau cannot be used with --arrays sink= for heads from files: --tau can only set the variance of scale q.k, before --arrays sink=' \
        "${lln[@]}" --tau 1 --arrays "sink=$vectors/sink_softcap.sinks.npy"
    refuses 2 '--tau cannot be used with --mask for heads from files: --tau can only set the variance of scale q.k, before --mask' \
        "${lln[@]}" --tau 1 --mask "$mask"
    refuses 2 "--bias: 't5': t5 needs buckets= and distance=" "${lln[@]}" \
        --bias t5
    refuses 2 "--bias: 'full:max=3': full takes no max" "${lln[@]}" \
        --bias full:max=3
    refuses 2 "--softcap: '-1' is out of range; expected a number above 0" \
        "${lln[@]}" --softcap -1
    refuses 2 "--window: '3,x': expected W, or L,R; L and R are whole numbers of at least 0, or -1 for no limit" \
        "${lln[@]}" --window 3,x
    refuses 2 '--chunk is given twice' "${lln[@]}" --chunk 3 --chunk 4
    refuses 2 "--window: LAYERS@ needs the number of the layer, which $vectors/a_q.npy does not give; give a value without LAYERS@, an axis of layers (l in --layout), or the number in the names of arrays or files" \
        "${lln[@]}" --window 0-3@2
    refuses 2 '--arrays sink= cannot be used with --sink none' \
        "${lln[@]}" --sink none --arrays sink=x.npy
}

# The first text ends before the row in which the mask hides keys.
@test "a mask for texts of different lengths" {
    texts=(lln-entropy -q --layout bnd --q "$vectors/a_q.npy" --k
        "$vectors/a_q.npy" --kernel softmax --columns "source,entropy_nats")
    printf '20\n24\n24\n24\n' > ../lengths
    { head -c 575 /dev/zero | tr '\0' '\1'; head -c 1 /dev/zero; } |
        npy ../mask.npy '|b1' '(24, 24)'
    "${texts[@]}" --mask ../mask.npy | tail -n 3 > ../alone
    [ "$(wc -l < ../alone)" = 3 ]
    "${texts[@]}" --mask ../mask.npy --lengths ../lengths | tail -n 3 |
        cmp - ../alone
    { head -c 552 /dev/zero | tr '\0' '\1'; head -c 24 /dev/zero; } |
        npy ../mask.npy '|b1' '(24, 24)'
    refuses 1 "$vectors/a_q.npy[1]: --mask: all keys of row 23 are hidden; expected at least one that is not, or a sink (--sink)" \
        "${texts[@]}" --mask ../mask.npy --lengths ../lengths
}

# The blocks of the kernel and the mask leave row 5 no key.
@test "a mask that hides a whole block of a kernel" {
    { head -c 124 /dev/zero | tr '\0' '\1'; head -c 4 /dev/zero
        head -c 448 /dev/zero | tr '\0' '\1'; } |
        npy ../mask.npy '|b1' '(24, 24)'
    prints 'entropy_nats,row_sum_min,outside_mass
nan,0,0.041666666666666664' lln-entropy "${raw[@]}" --heads 0 \
        --mask ../mask.npy --kernel blockdiag:block=4 \
        --columns entropy_nats,row_sum_min,outside_mass
}

# triangle ZERO HIDDEN: bytes, as printf %b has them, of 24 x 24 numbers, HIDDEN
# above the diagonal.
triangle() {
    local i j
    for ((i = 0; i < 24; i++)); do
        for ((j = 0; j < 24; j++)); do
            if ((j > i)); then printf '%b' "$2"; else printf '%b' "$1"; fi
        done
    done
}

@test "a mask is not read from standard input" {
    refuses 2 '--mask -: standard input is not read; expected the name of a file' \
        lln-entropy -q --layout hnd --q "$vectors/a_q.npy" \
        --k "$vectors/a_k.npy" --kernel softmax --mask -
}

# Libraries write the lowest number of float16, bfloat16 or float32 for -inf.
@test "the lowest numbers of a mask hide keys" {
    lln=(lln-entropy "${raw[@]}" --kernel softmax --columns
        'head,entropy_nats,entropy_normalized,max_logit')
    "${lln[@]}" --causal > ../causal
    [ "$(wc -l < ../causal)" = 5 ]
    triangle '\0\0' '\0377\0373' | npy ../f16.npy '<f2' '(24, 24)'
    triangle '\0\0\0\0' '\0\0\0177\0377' | npy ../bf16.npy '<f4' '(24, 24)'
    triangle '\0\0\0\0' '\0377\0377\0177\0377' | npy ../f32.npy '<f4' '(24, 24)'
    for mask in f16 bf16 f32; do
        "${lln[@]}" --mask ../$mask.npy | cmp - ../causal
        "${lln[@]}" --bias full --arrays bias=../$mask.npy | cmp - ../causal
    done
    triangle '\01\0' '\0\0' | npy ../i16.npy '<i2' '(24, 24)'
    refuses 1 "--mask: ../i16.npy: dtype '<i2': integers; expected booleans, or floats that are added to the logits" \
        "${lln[@]}" --mask ../i16.npy
}

# 0000803f is 1, 00401cc6 is -10000 and 000000c6 is -8192 in float32.
@test "a hint at the numbers of a mask" {
    mask=(lln-entropy "${raw[@]}" --kernel softmax --columns
        "head,entropy_nats")
    triangle '\0\0\0200\077' '\0\0\0\0' | npy ../one.npy '<f4' '(24, 24)'
    run --separate-stderr "${mask[@]}" --mask ../one.npy
    equal status "$status" 0
    equal stderr "$stderr" 'lln-entropy: --mask ../one.npy: the numbers are 0 and 1, and are added to the logits; if they mean hidden and seen, save booleans'
    triangle '\0\0\0\0' '\0\0100\034\0306' | npy ../old.npy '<f4' '(24, 24)'
    run --separate-stderr "${mask[@]}" --mask ../old.npy
    equal stderr "$stderr" 'lln-entropy: --mask ../old.npy: -10000 is added to the logits and does not hide the key; if it means hidden, save booleans or -inf'
    triangle '\0\0\0\0' '\0\0\0\0306' | npy ../bias.npy '<f4' '(24, 24)'
    run --separate-stderr "${mask[@]}" --mask ../bias.npy
    equal stderr "$stderr" ''
}

# -inf is the number of a head without a sink; the others have 1.
@test "heads without a sink among others" {
    lln=(lln-entropy "${raw[@]}" --causal --kernel softmax --columns
        'head,outside_mass,entropy_nats')
    printf '\0\0\0\0\0\0\360\77\0\0\0\0\0\0\360\77\0\0\0\0\0\0\360\377'\
'\0\0\0\0\0\0\360\77' | npy ../s.npy '<f8' '(4,)'
    { "${lln[@]}" --sink 1 --heads 0,1
        "${lln[@]}" --heads 2 --no-header
        "${lln[@]}" --sink 1 --heads 3 --no-header; } |
        sed 's/^2,[^,]*/2,0/' > ../apart
    (($(wc -l < ../apart) == 5))
    "${lln[@]}" --arrays sink=../s.npy | diff - ../apart
}

@test "files that do not fit the heads" {
    lln=(lln-entropy "${raw[@]}" --kernel softmax)
    seq 23 > ../ids
    refuses 2 '--documents: ../ids: 23 numbers; expected one for each of 24 keys, or the first key of each document and the number of keys, in ascending order: 0, ..., 24' \
        "${lln[@]}" --documents ../ids
    { echo 1; yes 2 | head -n 22; echo 1; } > ../ids
    refuses 1 '--documents: ../ids: document 1 occurs again after another document; expected the keys of each document side by side' \
        "${lln[@]}" --documents ../ids
    refuses 2 "--mask: $vectors/a_q.npy: shape (4, 24, 16); expected (24, 24) or (4, 24, 24)" \
        "${lln[@]}" --mask "$vectors/a_q.npy"
    head -c 576 /dev/zero | npy ../none.npy '|b1' '(24, 24)'
    refuses 1 "$vectors/a_q.npy: --mask: all keys of row 0 are hidden; expected at least one that is not, or a sink (--sink)" \
        "${lln[@]}" --mask ../none.npy
    head -c 576 /dev/zero | npy ../short.npy '|b1' '(24, 25)'
    refuses 1 '--mask: ../short.npy: the number of booleans does not agree with the shape' \
        "${lln[@]}" --mask ../short.npy
    prints 'outside_mass
1' lln-entropy "${raw[@]}" --kernel softmax --heads 0 --sink 0 \
        --mask ../none.npy --columns outside_mass
    refuses 2 "--arrays bias=: 188 numbers do not fit head 0; expected a table [buckets, query heads]" \
        "${lln[@]}" --bias t5:buckets=32:distance=128 --arrays \
        "bias=$vectors/bias_toeplitz.bias.npy"
    head -c 64 /dev/zero | safetensors ../heads.safetensors \
        '{"b.0":{"dtype":"F64","shape":[4],"data_offsets":[0,32]},"b.1":{"dtype":"F64","shape":[4],"data_offsets":[32,64]}}'
    refuses 2 "array 'sink': {head} cannot be used in its KEY; expected one array for all heads of a layer" \
        "${lln[@]}" --arrays 'sink=../heads.safetensors:b.{head}'
    refuses 2 "--query-scale: array 'query_scale': {head} cannot be used in its KEY; expected one array for all heads of a layer" \
        "${lln[@]}" --query-scale '../heads.safetensors:b.{head}'
    head -c 1024 /dev/zero | npy ../turned.npy '<f8' '(4, 32)'
    refuses 2 "--arrays bias=: 128 numbers do not fit head 0; expected a table [buckets, query heads]" \
        "${lln[@]}" --bias t5:buckets=32:distance=128 --arrays bias=../turned.npy
    head -c 16 /dev/zero | npy ../two.npy '<f8' '(2,)'
    refuses 2 "--arrays sink=: 2 numbers do not fit head 0; expected one for each query head" \
        "${lln[@]}" --arrays sink=../two.npy
}

@test "no input is overwritten" {
    echo 0 24 > d.csv
    # shellcheck disable=SC2034 # for refuses
    files_before=d.csv
    refuses 1 'd.csv: the output would overwrite this input; use another name' lln-entropy \
        "${raw[@]}" --kernel softmax --documents d.csv -o d.csv
}
