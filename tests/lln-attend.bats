#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-attend: values, formats, layouts, and what it refuses.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

sample=$DATA/encoder.safetensors
lln=lln:alpha=2.2:beta=1.7

attend() {
    lln-attend --quiet "$@"
}

# numbers FILE: the values of a .npy file of float64, one on each line.
numbers() {
    local length
    length=$(od -An -j8 -N2 -tu2 "$1")
    od -An -v -tf8 -w8 -j$((10 + length)) "$1"
}

# same_values TOLERANCE KIND OPTION...: compares O of both heads of both layers,
# without and with a mask, by both kernels, with encoder_o.csv.
same_values() {
    local tolerance=$1 kind=$2 kernel layer causal
    shift 2
    for kernel in softmax $lln; do
        for layer in 0 3; do
            for causal in 0 1; do
                # shellcheck disable=SC2046
                attend --layout hnd "$sample" --layers $layer --kernel \
                    "$kernel" $([ $causal = 0 ] || echo --causal) "$@" -o o.npz
                # as values of an identity: to float64, and from the .npz
                attend --layout hnd --q o.npz --k o.npz --v o.npz --double \
                    --causal --window 1 --kernel softmax -o o.npy
                numbers o.npy > o
                awk -F, -v kernel="$kernel" -v layer=$layer -v causal=$causal '
                    NR == FNR { o[NR - 1] = $1; next }
                    $1 == kernel && $2 == layer && $4 == causal {
                        print o[($3 * 256 + $5) * 64 + $6], $7
                    }' OFMT=%.17g CONVFMT=%.17g o "$DATA/encoder_o.csv"
            done
        done
    done | near "$tolerance" "$kind"
}

# The expected values come from full matrices in numpy, tests/data/encoder.py.
@test "values of trained heads in float64" {
    same_values 1e-12 absolute --double
}

# The largest value is 4.4.
@test "values of trained heads in float32" {
    same_values 5e-6 absolute
}

# With a window of 1, each query attends to its own key alone: O = V.
identity() {
    attend --causal --window 1 --kernel softmax "$@"
}

@test "layouts: heads that are arrays, axes in any order" {
    attend -n 6 -d 5 --trials 8 --kernel softmax -o x.npy
    for layout in hnd nhd dhn ndh lnd bdn; do
        identity --layout $layout --q x.npy --k x.npy --v x.npy -o o.npy
        cmp x.npy o.npy
    done
    # [trials, tokens, features] as [tokens, features] of one head
    attend -n 6 -d 5 --trials 1 --kernel softmax | tail -c 120 > one
    cat one one | npy x.npy '<f4' '(2, 1, 6, 5)'
    for layout in lhnd bhnd bnhd hbnd nldh; do
        identity --layout $layout --q x.npy --k x.npy --v x.npy -o o.npy
        cmp <(tail -c 240 x.npy) <(tail -c 240 o.npy)
    done
}

@test "only the selected heads" {
    attend -n 6 -d 5 --trials 4 --kernel softmax -o x.npy
    identity --layout nhd --heads 1,4 --q x.npy --k x.npy --v x.npy -o o.npy
    grep -aqF "'shape': (4, 2, 5)" o.npy
    for token in 0 1 2 3; do
        for head in 1 4; do
            tail -c $((4 * (4 - token) * 30 - head * 20)) x.npy | head -c 20
        done
    done | cmp - <(tail -c 160 o.npy)
}

@test "query heads that share keys and values, values of another width" {
    attend -n 6 -d 5 --trials 4 --kernel softmax -o q.npy
    attend -n 6 -d 5 --trials 2 --kernel softmax -o k.npy
    attend -n 6 -d 3 --trials 2 --kernel softmax -o v.npy
    identity --layout hnd --q q.npy --k k.npy --v v.npy -o o.npy
    grep -aqF "'shape': (4, 6, 3)" o.npy
    for head in 0 0 1 1; do
        tail -c $((144 - 72 * head)) v.npy | head -c 72
    done | cmp - <(tail -c 288 o.npy)
}

@test "padding is zero" {
    attend -n 6 -d 5 --trials 2 --kernel softmax -o x.npy
    printf '6\n4\n' > lengths
    identity --layout bnd --lengths lengths --q x.npy --k x.npy --v x.npy \
        -o o.npy
    {
        tail -c 240 x.npy | head -c 200
        head -c 40 /dev/zero
    } | cmp - <(tail -c 240 o.npy)
}

@test "a head without alpha and beta is NaN" {
    run --separate-stderr lln-attend -n 1 -d 2 --trials 1 --double \
        -o o.npy
    equal status "$status" 0
    equal stderr "$stderr" \
        'lln-attend: gaussian: head 0: the temperature is undefined: no query has two allowed keys'
    equal numbers "$(numbers o.npy | tr -d ' -' | tr '\n' ' ')" 'nan nan '
}

@test "the output of one token is its value, padding is zero for any head" {
    attend -n 6 -d 5 --trials 2 --kernel softmax -o x.npy
    printf '6\n1\n' > lengths
    run --separate-stderr lln-attend --layout bnd --lengths lengths --q x.npy \
        --k x.npy --v x.npy --kernel lln:match=paper -q -o paper.npy
    equal status "$status" 0
    equal stderr "$stderr" ''
    paste <(tail -c 120 paper.npy | head -c 20 | od -An -w4 -tf4) \
        <(tail -c 120 x.npy | head -c 20 | od -An -w4 -tf4) | near 1e-6
    cmp <(tail -c 100 paper.npy) <(head -c 100 /dev/zero)
    # match=measured finds no match: NaN, except in the padding.
    run --separate-stderr lln-attend --layout bnd --lengths lengths --q x.npy \
        --k x.npy --v x.npy --kernel lln -q -o measured.npy
    equal status "$status" 0
    [ -n "$stderr" ]
    equal nan "$(tail -c 120 measured.npy | head -c 20 | od -An -tf4 | tr -d ' \n-')" \
        nannannannannan
    cmp <(tail -c 100 measured.npy) <(head -c 100 /dev/zero)
}

@test "all formats contain the same values" {
    local format
    for format in npy npz safetensors; do
        attend --layout hnd "$sample" --layers 3 --kernel $lln -o "o.$format"
        lln-entropy --q "o.$format" --k "o.$format" --layout hnd --quiet |
            cut -d, -f3- > "table.$format" # without source and layer
    done
    cmp table.npy table.npz
    cmp table.npy table.safetensors
    cmp <(tail -c 131072 o.npy) <(tail -c 131072 o.safetensors)
    attend --layout hnd "$sample" --layers 3 --kernel $lln > piped
    cmp o.npy piped
    attend --layout hnd "$sample" --layers 3 --kernel $lln -o - | cmp o.npy -
}

@test "names of arrays" {
    attend --layout hnd "$sample" --kernel softmax,$lln -o o.npz
    attend --layout hnd "$sample" --kernel softmax -o o.safetensors --double
    prints 'key,dtype,shape,source
layers.0.o.softmax,<f4,"(2, 256, 64)",o.npz
layers.0.o.lln:alpha=2.2:beta=1.7,<f4,"(2, 256, 64)",o.npz
layers.3.o.softmax,<f4,"(2, 256, 64)",o.npz
layers.3.o.lln:alpha=2.2:beta=1.7,<f4,"(2, 256, 64)",o.npz' \
        lln-attend --list o.npz
    prints 'key,dtype,shape,source
layers.0.o,F64,"(2, 256, 64)",o.safetensors
layers.3.o,F64,"(2, 256, 64)",o.safetensors' \
        lln-attend --list o.safetensors
    attend -n 8 -o o.npz
    prints 'key,dtype,shape,source
o,<f4,"(4, 8, 64)",o.npz' lln-attend --list o.npz
}

# Names without a word such as q are kept: no two results have one name.
@test "names of several arrays without a word for queries" {
    header='{"0.a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},'
    header+='"1.a":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}'
    printf '\0\0\200\77%.0s' 1 2 3 4 5 6 7 8 |
        safetensors y.safetensors "$header"
    keys=(--key-q '{layer}.a' --key-k '{layer}.a' --key-v '{layer}.a')
    lln-attend -q "${keys[@]}" -o o.npz y.safetensors
    equal names "$(lln-entropy --list --columns key --no-header o.npz)" \
        $'0.a.o\n1.a.o'
    # the result of a single array is called o
    lln-attend -q --key-q 0.a --key-k 1.a --key-v 1.a -o o.npz y.safetensors
    equal names "$(lln-entropy --list --columns key --no-header o.npz)" o
}

@test "values are drawn from their own stream" {
    attend -n 300 -d 4 --trials 3 --causal --window 1 --kernel softmax \
        --tau 0.5 > a
    attend -n 300 -d 4 --trials 3 --causal --window 1 --kernel softmax > b
    cmp a b # a temperature is none of theirs
    attend -n 300 -d 4 --trials 2 --causal --window 1 --kernel softmax > b
    cmp <(tail -c +129 a | head -c 9600) <(tail -c +129 b)
    attend -n 300 -d 4 --trials 2 --causal --window 1 --kernel softmax \
        --seed 2 > c
    run ! cmp -s b c
}

@test "alpha and beta from a pipe" {
    lln-match -n 30 --each --method paper |
        attend -n 30 --params - -o piped.npy
    attend -n 30 --kernel lln:match=paper -o o.npy
    cmp piped.npy o.npy
}

@test "the same bytes on any number of threads" {
    for option in '' --double --causal; do
        for kernel in softmax $lln; do
            # shellcheck disable=SC2086
            attend -n 1100 -d 16 --trials 2 --kernel $kernel $option \
                --threads 1 > one
            # shellcheck disable=SC2086
            attend -n 1100 -d 16 --trials 2 --kernel $kernel $option \
                --threads 2 > two
            cmp one two
        done
    done
}

@test "no format, no values, several arrays" {
    refuses 2 '--output: o: expected a name that ends in .npy, .npz or .safetensors' \
        lln-attend -o o
    refuses 2 '--output: o.npy: a .npy file contains one array, but there are 2; use a .npz or .safetensors file' \
        lln-attend -n 8 --kernel softmax,lln -o o.npy
    refuses 2 '--output: standard output: a .npy file contains one array, but there are 2; use a .npz or .safetensors file' \
        lln-attend -n 8 --kernel softmax,lln
    refuses 2 '--q and --k need --v FILE; or use one FILE that also contains the values' \
        lln-attend --q q.npy --k k.npy
    refuses 2 '--key-v needs --v FILE if --q and --k are used' \
        lln-attend --q q.npy --k k.npy --key-v v --compare softmax
    refuses 2 "--v cannot be used with 'x.npz'; use --key-v to name the values in it" lln-attend x.npz --v v.npy
    refuses 2 '--v needs heads from files; use FILE, or --q and --k' \
        lln-attend --v v.npy
}

@test "options that only tables have" {
    for option in --rows=3 --each --format=tsv --precision=3 --no-header \
        --comments --aggregate=all; do
        name=${option%%=*}
        refuses 2 "$name needs --compare, --against or --pairs" \
            lln-attend "$option"
    done
    refuses 2 "--tau: expected one number, found '1,2'; a list needs --compare, --against or --pairs" lln-attend --tau 1,2
    refuses 2 "--trials cannot be used with 'x.npz': it applies to sampled heads only" \
        lln-attend x.npz --trials 2
}

@test "missing values" {
    attend -n 6 -d 5 --trials 2 --kernel softmax,lln -o x.npz
    files_before=x.npz
    refuses 1 "x.npz: cannot find the values: 'o.softmax' contains no word such as q to replace; use --key-v or --v" \
        lln-attend --layout hnd x.npz --key-q o.softmax --key-k o.lln -o o.npy
    refuses 1 "x.npz: key 'v': no such array; the file contains o.softmax, o.lln" \
        lln-attend --layout hnd x.npz --key-q o.softmax --key-k o.lln \
        --key-v v -o o.npy
}

@test "values that do not fit" {
    attend -n 6 -d 5 --trials 1 --kernel softmax -o q.npy
    attend -n 7 -d 5 --trials 1 --kernel softmax -o v.npy
    files_before=$(ls -A)
    refuses 1 'v.npy: 7 tokens; expected 6 as in q.npy' \
        lln-attend --layout hnd --q q.npy --k q.npy --v v.npy -o o.npy
    refuses 1 'v.npy: the output would overwrite this input; use another name' \
        lln-attend --layout hnd --q q.npy --k q.npy --v v.npy -o v.npy
}

@test "a full disk" {
    refuses 1 '/dev/full: No space left on device' lln-attend -n 8 -o /dev/full
    run --separate-stderr bash -c 'lln-attend -n 8 > /dev/full'
    equal status "$status" 1
    equal stderr "$stderr" \
        'lln-attend: standard output: No space left on device'
}

@test "a reader that has closed the pipe" {
    lln-attend -n 4096 --kernel softmax 2> message | head -c 1 > /dev/null
    equal message "$(cat message)" ''
}

@test "interrupted: no partial file, and the old one stays" {
    echo old > o.npz
    run --separate-stderr signalled INT 50 \
        lln-attend -n 16384 --trials 400 --kernel softmax -o o.npz
    equal status "$status" 130
    equal stderr "$stderr" 'lln-attend: interrupted: incomplete arrays are not kept'
    equal file "$(cat o.npz)" old
    equal files "$(ls -A)" o.npz
}

# The queries of one head serve as gates and projections of another.
@test "arrays that kernels take" {
    local head=(--q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy"
        --v "$CASES/case_A_K.npy") array=$CASES/case_A_Q.npy
    attend "${head[@]}" --kernel gla --causal --gate "$array" -o gate.npy
    attend "${head[@]}" --kernel gla --causal --arrays gate="$array" -o o.npy
    cmp gate.npy o.npy
    attend "${head[@]}" --kernel gla --causal -o o.npy
    run ! cmp -s gate.npy o.npy
    rm ./*.npy
    local name
    for name in x d features of and; do
        refuses 2 "--arrays: no kernel in 'softmax,performer' takes an array '$name'; see --list-kernels, and lln-tools(7) for arrays of other options" \
            lln-attend "${head[@]}" --kernel softmax,performer -o o.npz \
            --arrays $name="$array"
    done
}

@test "shapes of arrays are checked before the first head is measured" {
    local kernels=softmax,gla heads=(-n 64 -d 8 --trials 2 --causal)
    refuses 2 "--arrays: kernel 'gla': array 'gate' is 128 x 16; expected 64 x 8, 64 x 1, 1 x 64" \
        lln-attend "${heads[@]}" --kernel $kernels -o o.npz \
        --arrays gate="$CASES/case_C_Q.npy"
    refuses 2 "--gate: kernel 'gla': array 'gate' is 128 x 16; expected 64 x 8, 64 x 1, 1 x 64" \
        lln-attend "${heads[@]}" --kernel softmax --compare gla \
        --gate "$CASES/case_C_Q.npy"
    refuses 2 "--arrays: kernel 'linformer:k=32': array 'e' is 64 x 8; expected 32 x 8" \
        lln-attend -n 8 -d 2 --kernel softmax,linformer:k=32 -o o.npz \
        --arrays "e=$CASES/case_A_Q.npy,f=$CASES/case_A_K.npy"
}

@test "values beyond the range of float32" {
    run --separate-stderr lln-attend --q "$CASES/case_A_Q.npy" \
        --k "$CASES/case_A_K.npy" --v "$CASES/case_A_K.npy" --kernel gla \
        --causal --scale 1e300 -q -o o.npy
    equal status "$status" 0
    equal stderr "$stderr" "lln-attend: $CASES/case_A_Q.npy: kernel 'gla': row 0, column 0 of the output is inf: values of the head are too large; use --double"
    equal numbers "$(numbers o.npy | tr -d ' -' | sort -u)" nan
}

# EXAMPLES of the page: gnuplot takes the columns by name, and without one of
# them it draws nothing and exits with 0.
@test "the map of pairs of heads in the page has a panel for each layer" {
    cp "$DATA/encoder.safetensors" .
    sed -n '/^\$ lln-attend .*--pairs heads/,/^\.Ed/ {
        s/^\$ //; s/\\e$/\\/; /^\.Ed/!p }' \
        "$BATS_TEST_DIRNAME/../man/lln-attend.1" > commands
    bash -euo pipefail commands 2> messages
    without_extent < messages | grep -v "queries 'layers" | diff - /dev/null
    equal picture "$(head -c 4 pairs.png | tail -c 3)" PNG
    lln-plot pairs.csv > pairs.svg
    equal panels "$(text_of pairs.svg | grep '^layer')" $'layer 0\nlayer 3'
}
