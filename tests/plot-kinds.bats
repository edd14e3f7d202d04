#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-plot: eigenvalues, the maps of lln-match and of lln-attend --blocks, and
# fractions of heads.
# shellcheck disable=SC2154 # variables that run sets
load helper

# drawn FILE [OPTION]...: draws a table as .png and .svg without a message.
drawn() {
    local file=$1 suffix
    shift
    for suffix in png svg; do
        run --separate-stderr lln-plot "$@" -o "picture.$suffix" "$file"
        equal status "$status" 0
        equal stdout "$output" ''
        equal stderr "$stderr" ''
    done
    equal png "$(head -c 8 picture.png | od -An -tx1)" \
        ' 89 50 4e 47 0d 0a 1a 0a'
    equal svg "$(grep -c '</svg>' picture.svg)" 1
}

# has TEXT...: whether picture.svg contains these texts.
has() {
    local text
    for text; do
        text_of picture.svg | grep -qxF -- "$text" || {
            echo "no text '$text' in: $(text_of picture.svg | tr '\n' '|')"
            return 1
        }
    done
}

# symbols KIND: the number of symbols of a kind of point.
symbols() {
    grep -c "<use xlink:href='#gpPt$1' transform" picture.svg
}

# fails TEXT FILE [OPTION]...: one line, and no picture.
fails() {
    local text=$1
    shift
    run --separate-stderr lln-plot "$@" -o none.png
    equal status "$status" 1
    equal stdout "$output" ''
    equal stderr "$stderr" "lln-plot: $text"
    [ ! -e none.png ]
}

# eigenvalues FILE: three kernels, of which elu has no theory.
eigenvalues() {
    lln-spectral -q -n 12 -d 4 --trials 2 --tau 0.5 --kernel softmax,lln,elu \
        --eigenvalues 5 -o "$1"
}

@test "eigenvalues: a symbol each, the circles, and a panel for each kernel" {
    eigenvalues table.csv
    drawn table.csv
    has 'Eigenvalues of P in the complex plane' softmax lln elu 'real part' \
        'imaginary part' 'unit circle' 'radius of theory' −0.5
    equal points "$(symbols 6)" 30
    # The same colour for all heads; by head, two symbols and two in the key.
    drawn table.csv --by head
    has 'head 0' 'head 1'
    equal first "$(symbols 6)" 16
    equal second "$(symbols 8)" 16
}

@test "eigenvalues: units have one length on both axes" {
    eigenvalues table.csv
    for size in 400x900px 900x400px 3.25in; do
        lln-plot --size $size table.csv -o picture.svg
        # The first numbers of a column of panels are those of its vertical
        # axis, then those of the horizontal axis follow, if it has them.
        sed -n 's/.*translate(\([0-9.]*\),\([0-9.]*\)).*/at \1 \2/p
            s/.*<text><tspan[^>]*> *\([−0-9.]*\)<.*/number \1/p' picture.svg |
            awk '$1 == "at" { x = $2; y = $3; next }
                $2 == "0" || $2 == "1" {
                    if ($2 == "1") {
                        if (x == x0) up = y0 - y
                        else if (y == y0) along = x - x0
                        else exit 1
                    }
                    x0 = x
                    y0 = y
                }
                END { exit !(up > 10 && along - up < 1 && up - along < 1) }'
    done
}

@test "eigenvalues that are nan, one row, no rows" {
    eigenvalues table.csv
    awk -F, -v OFS=, 'NR > 1 { $11 = $12 = $13 = "nan" } { print }' table.csv \
        > nan.csv
    run --separate-stderr lln-plot nan.csv -o picture.svg
    equal status "$status" 0
    equal stderr "$stderr" 'lln-plot: 30 eigenvalues are nan and not drawn'
    has 'no numbers'
    head -2 table.csv > one.csv
    drawn one.csv
    equal points "$(symbols 6)" 1
    head -1 table.csv > empty.csv
    drawn empty.csv
    has 'no numbers' 'the table has no rows'
}

@test "eigenvalues: more panels than there is room for, and long names" {
    eigenvalues table.csv
    long=$(printf 'kernel_%.0s' {1..20})
    awk -F, -v OFS=, -v long="$long" 'NR == 1 { print }
        NR > 1 { for (i = 0; i < 5; i++) { $4 = long i $10; print } }' \
        table.csv > many.csv
    run --separate-stderr lln-plot many.csv -o picture.svg
    equal status "$status" 0
    equal stderr "$stderr" 'lln-plot: 12 of 25 panels are drawn; use fewer kernels, files or temperatures for the others'
}

@test "eigenvalues on a terminal" {
    eigenvalues table.csv
    run --separate-stderr env NO_COLOR=1 "$PTY" lln-plot table.csv
    equal status "$status" 0
    [[ $output == *'Eigenvalues of P'*'unit circle'* ]]
}

@test "a map over alpha and beta, with the points of the methods" {
    lln-match -q -n 24 -d 4 --trials 1 --tau 1 --map --map-a 0.5:4:3:log \
        --map-b 0.5:4:3:log --method paper,fenton -o table.csv
    drawn table.csv
    has 'LLN attention over α and β, compared with softmax' \
        'D2, LLN / softmax' 'total variation distance' 'a = α σ_q' paper fenton
    # Each point in white and in black in 6 panels, and one in the key.
    equal paper "$(symbols 5)" 13
    drawn table.csv --y kl_nats,entropy_nats
    equal columns "$(symbols 5)" 5
    equal others "$(text_of picture.svg | grep -c total || true)" 0
    awk -F, -v OFS=, 'NR > 1 { for (i = 12; i <= NF; i++) $i = "nan" }
        { print }' table.csv > nan.csv
    drawn nan.csv
    has 'no numbers'
    drawn table.csv --theme dark --size 3.25in
    head -1 table.csv > empty.csv
    drawn empty.csv
    has 'no numbers'
    for suffix in pdf tex; do
        prints '' lln-plot table.csv -o picture.$suffix
    done
    NO_COLOR=1 "$PTY" lln-plot table.csv > screen
    grep -q 'rows: b, columns: a' screen
}

# maps FILE: of 2 layers with 2 heads.
maps() {
    lln-attend -q --layout hnd --causal --kernel softmax --blocks 8 \
        "$DATA/encoder.safetensors" -o "$1"
}

@test "maps of P: a picture for each head" {
    maps maps.safetensors
    drawn maps.safetensors
    has 'layer 0, head 0' 'layer 3, head 1' 'block of keys' 'block of queries'
    equal images "$(grep -c '<image' picture.svg)" 4
    drawn maps.safetensors --log none --theme dark
    run --separate-stderr lln-plot -o piped.svg < maps.safetensors
    equal stderr "$stderr" ''
    lln-plot maps.safetensors -o named.svg
    cmp piped.svg named.svg
    for suffix in pdf tex; do
        prints '' lln-plot maps.safetensors -o picture.$suffix
    done
}

@test "maps of P in .npy, of one head and of zeros" {
    lln-attend -q -n 16 -d 4 --trials 1 --kernel lln --blocks 4 -o one.npy
    drawn one.npy
    equal images "$(grep -c '<image' picture.svg)" 1
    head -c 32 /dev/zero | npy zero.npy '<f8' '(2, 2)'
    drawn zero.npy
    has 'no number is positive'
    drawn zero.npy --log none
    # Values of any order of bytes: 1, 256, 65536 and 2^24 units of float32.
    printf '\77\200\0\0\100\0\0\0\100\100\0\0\100\200\0\0' |
        npy big.npy '>f4' '(2, 2)'
    drawn big.npy
    has 4 1
}

@test "more than 36 maps" {
    lln-attend -q -n 16 -d 4 --trials 40 --kernel softmax --blocks 4 -o m.npy
    run --separate-stderr lln-plot m.npy -o picture.svg
    equal status "$status" 0
    equal stderr "$stderr" 'lln-plot: 36 of 40 maps are drawn'
    equal images "$(grep -c '<image' picture.svg)" 36
}

@test "damaged files and other arrays have one line" {
    head -c 16 /dev/zero > data
    npy good.npy '<f4' '(2, 2)' < data
    head -c 140 good.npy > short.npy
    fails 'short.npy: 12 bytes of data, expected 16' short.npy
    head -c 40 good.npy > header.npy
    fails 'header.npy: truncated in the header: 40 bytes' header.npy
    sed 's/False/True /' good.npy > fortran.npy
    fails 'fortran.npy: is in Fortran order; expected C order' fortran.npy
    npy half.npy '<f2' '(2, 4)' < data
    fails 'half.npy: elements are f2, expected float32 or float64' half.npy
    npy axes.npy '<f4' '(1, 1, 2, 2)' < data
    fails 'axes.npy: shape (1, 1, 2, 2), expected 2 or 3 axes: heads, blocks of queries, blocks of keys' axes.npy
    npy none.npy '<f4' '(0, 2)' < /dev/null
    fails 'none.npy: shape (0, 2): no elements' none.npy
    npy large.npy '<f4' '(1, 4000)' < data
    fails 'large.npy: shape (1, 4000): more than 2048 blocks; use a smaller --blocks' large.npy
    cp "$DATA/encoder.safetensors" heads.safetensors
    fails "heads.safetensors: no array has a name with 'map', as those of lln-attend --blocks do" heads.safetensors
    maps maps.safetensors
    head -c 900 maps.safetensors > cut.safetensors
    fails "cut.safetensors: key 'layers.3.map': truncated: 900 bytes, expected 1176" cut.safetensors
    maps maps.npz
    fails 'maps.npz: is a .npz file; let lln-attend --blocks write .npy or .safetensors' maps.npz
}

@test "fractions of heads: a bar for each kernel, in four parts" {
    lln-entropy -q --diagnose --layout hnd --kernel softmax,lln,elu \
        "$DATA/encoder.safetensors" -o table.csv
    drawn table.csv
    has 'Heads by their entropy' 'entropy / its ceiling' softmax lln elu \
        'below 0.25' '0.25 to 0.5' '0.75 and more' 'fraction of the heads'
    awk -F, -v OFS=, 'NR == 2 { for (i = 20; i < 28; i++) $i = "nan" }
        { print }' table.csv > nan.csv
    drawn nan.csv --size 3.25in --theme dark
    has 'no numbers'
    head -1 table.csv > empty.csv
    drawn empty.csv
    has 'the table has no rows'
    run --separate-stderr env NO_COLOR=1 "$PTY" lln-plot table.csv
    equal status "$status" 0
    [[ $output == *softmax*AAAA*'fraction of the heads'* ]]
}

@test "maps of P on a terminal" {
    # 2 x 2 numbers: 1 is a million times 1e-6, and 0 is not drawn.
    printf '\x00\x00\x80\x3f\x00\x00\x00\x00\x00\x00\x80\x3f\xbd\x37\x86\x35' |
        npy p.npy '<f4' '(2, 2)'
    NO_COLOR=1 "$PTY" lln-plot p.npy | tr -d '\r' > screen
    sed -n 2,3p screen | diff - <(printf '%s\n' '    0 ██··' '    1 ██  ')
    NO_COLOR=1 "$PTY" lln-plot p.npy --log none | tr -d '\r' > screen
    sed -n 2,3p screen | diff - <(printf '%s\n' '    0 ██  ' '    1 ██  ')
}

@test "training: panels of accuracy, loss and measures, a curve for each kernel" {
    lln-train --task recall -n 8 --pairs 2 --vocabulary 8 --steps 4 --width 8 \
        --head-count 2 --test 10 --seeds 1,2 -q -o table.csv
    drawn table.csv
    has softmax lln 'training step' 'fraction of right answers' \
        'loss on held-out examples (nats)' 'temperature τ' \
        'N = 8 tokens, d = 4, mean of 2 models, task recall'
    drawn table.csv --y accuracy
    has 'Fraction of right answers'
}
