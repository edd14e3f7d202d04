#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-plot: what it recognises, draws and refuses. gnuplot draws; what can be
# read from a picture is its text, as svg.
# shellcheck disable=SC2154 # variables that run sets
load helper

# all_tables: writes every kind of table that the tools print, each to a .csv
# file, with small heads.
all_tables() {
    local sampled=(--quiet -n 24 -d 4 --trials 2)
    local heads=(--quiet --layout hnd "$DATA/encoder.safetensors")
    local steps=(--quiet --layout hnd "step_{step}.safetensors")
    local entropy=("lln-entropy ${heads[*]}")
    cp "$DATA/encoder.safetensors" step_100.safetensors
    cp "$DATA/encoder.safetensors" step_200.safetensors
    while read -r name command; do
        # shellcheck disable=SC2086 # words
        $command > "$name.csv" 2> "$name.err" || {
            cat "$name.err"
            return 1
        }
    done << END
entropy-tau lln-entropy ${sampled[*]} --tau 0.5,1,2
entropy-one-tau lln-entropy ${sampled[*]}
entropy-rows lln-entropy ${sampled[*]} --per-row
train lln-train --task recall -n 8 --pairs 2 --steps 4 --width 8 --test 10
entropy-heads ${entropy[*]}
entropy-all ${entropy[*]} --columns all
entropy-jackknife ${entropy[*]} --jackknife
entropy-layers ${entropy[*]} --aggregate layer
entropy-diagnose ${entropy[*]} --diagnose
entropy-diagnose-each ${entropy[*]} --diagnose --each
entropy-steps lln-entropy ${steps[*]}
entropy-layer-steps lln-entropy ${steps[*]} --aggregate layer
entropy-positions ${entropy[*]} --causal --by-position 4
entropy-lengths ${entropy[*]} --causal --at-lengths 8,16,32
entropy-distribution ${entropy[*]} --distribution 4
entropy-summary ${entropy[*]} --summary --format csv
entropy-against ${entropy[*]} --against $DATA/encoder.safetensors
stats-tau lln-stats ${sampled[*]} --tau 0.5,1,2
stats-heads lln-stats ${heads[*]}
stats-histogram lln-stats ${sampled[*]} --histogram 9
stats-quantiles lln-stats ${sampled[*]} --qq 9
stats-normality lln-stats ${heads[*]} --normality
stats-features lln-stats ${heads[*]} --normality --per-feature
stats-bootstrap lln-stats ${sampled[*]} --bootstrap 9
stats-fenton lln-stats --fenton --s2 1:9:5
spectral-tau lln-spectral ${sampled[*]} --tau 0.5,1,2
spectral-heads lln-spectral ${heads[*]}
spectral-eigenvalues lln-spectral ${sampled[*]} --eigenvalues 9
spectral-singular lln-spectral ${sampled[*]} --singular 5
match-tau lln-match ${sampled[*]} --tau 0.5,1 --method measured,paper
match-heads lln-match ${heads[*]} --method measured,paper
match-map lln-match ${sampled[*]} --map --map-a 1,2,4 --map-b 1,2,4
match-lines lln-match --calibrate --dim 16
attend-compare lln-attend ${heads[*]} --compare softmax --kernel lln,elu
attend-against lln-attend ${heads[*]} --against $DATA/encoder.safetensors
attend-pairs lln-attend ${heads[*]} --pairs heads
attend-layers lln-attend ${heads[*]} --pairs layers
END
}

# begins FILE BYTES: the file begins with these bytes, in hexadecimal.
begins() {
    equal "$1" "$(head -c 4 "$1" | od -An -tx1)" " $2"
}

@test "every table becomes a picture, of every format" {
    local table
    all_tables
    mkdir pictures
    for table in *.csv; do
        # The published line is negative, and a singular value is 0.
        run lln-plot "$table" -o pictures/a.png
        equal status "$status" 0
        [[ -z $output || $output == *' not drawn: the axis is logarithmic' ]]
        begins pictures/a.png '89 50 4e 47'
        lln-plot "$table" -o pictures/a.pdf --size 3.25in
        begins pictures/a.pdf '25 50 44 46'
        lln-plot "$table" -o pictures/a.tex
        grep -q 'includegraphics.*{a}' pictures/a.tex
        lln-plot "$table" > "pictures/$table.svg"
        equal "$table" "$(grep -c '</svg>' "pictures/$table.svg")" 1
        if grep -q 'no numbers' "pictures/$table.svg"; then
            echo "$table: no numbers"
            return 1
        fi
    done
}

@test "every table appears on a terminal" {
    local table
    all_tables
    for table in *.csv; do
        COLUMNS=80 LINES=24 NO_COLOR=1 "$PTY" lln-plot "$table" > screen
        [ "$(wc -l < screen)" -gt 4 ]
        equal "$table" "$(grep -c $'\033' screen)" 0
    done
}

@test "a curve has the numbers of the table" {
    printf '%s\n' source,kernel,n,d,tau,entropy_nats,entropy_nats_se \
        gaussian,softmax,8,2,0.5,1.25,0.5 gaussian,softmax,8,2,2,1.75,0.25 \
        gaussian,lln,8,2,0.5,1,0 gaussian,lln,8,2,2,1.5,0 > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg > text
    grep -qx 'Mean row entropy' text
    grep -qx 'N = 8 tokens, d = 2, sampled Gaussian heads' text
    equal key "$(tail -n 2 text)" $'softmax\nlln'
    grep -qx 'temperature τ = 1 / standard deviation of the logits' text
    grep -qx 'mean row entropy (nats)' text
    # The band of softmax: two polygons are one band.
    equal bands "$(grep -c 'fill-opacity' a.svg)" 1
}

@test "all formats of a table give the same picture" {
    lln-entropy --quiet -n 16 -d 2 --trials 2 --tau 0.5,1,2 > a.csv
    lln-plot a.csv > a.svg
    for format in tsv json ndjson; do
        lln-entropy --quiet -n 16 -d 2 --trials 2 --tau 0.5,1,2 \
            --format $format | lln-plot > b.svg
        cmp a.svg b.svg
    done
    lln-entropy --quiet -n 16 -d 2 --trials 2 --tau 0.5,1,2 --comments |
        lln-plot - > b.svg
    cmp a.svg b.svg
    # These have four digits.
    for format in table markdown; do
        lln-entropy --quiet -n 16 -d 2 --trials 2 --tau 0.5,1,2 \
            --format $format | lln-plot > $format.svg
        text_of $format.svg | diff - <(text_of a.svg)
    done
    cmp table.svg markdown.svg
}

# heads COUNT: a table of heads with this number of layers and of heads.
heads() {
    echo source,layer,head,kernel,n,d,tau,entropy_nats,gap_delta
    awk -v count="$1" 'BEGIN {
        for (l = 0; l < count; l++)
            for (h = 0; h < count; h++)
                print "a.npz," l "," h ",softmax,8,2," 1 + l / 100 "," \
                    1 + l + h ",-" l
    }'
}

@test "a map has a cell for each head" {
    heads 3 | lln-plot > a.svg
    equal cells "$(grep '<polygon' a.svg | sed '/rgb(228, 228, 228)/d' |
        head -n 9 | grep -o "rgb([^)]*)" | sort -u | wc -l)" 5
    text_of a.svg > text
    grep -qx 'mean row entropy (nats)' text
    grep -qx layer text
    grep -qx head text
    heads 3 | lln-plot --map gap_delta > b.svg
    text_of b.svg | grep -qx 'difference: spectral gap 1 − |λ₂|'
    run ! cmp -s a.svg b.svg
}

@test "a map on a terminal has two half blocks a head" {
    heads 4 > a.csv
    COLUMNS=80 LINES=24 NO_COLOR='' "$PTY" lln-plot a.csv > screen
    # Two rows of cells are one line of text; the last line is the scale.
    equal lines "$(grep -c ▀ screen)" 3
    equal blocks "$(grep ▀ screen | sed 2q | grep -o ▀▀ | wc -l)" 8
    grep -q 'rows: layer, columns: head' screen
    COLUMNS=80 LINES=24 NO_COLOR=1 "$PTY" lln-plot a.csv | tr -d '\r' > screen
    # Values 1 to 7 of a scale from 0 to 7, in quarters.
    sed -n 3,6p screen | diff - <(printf '%s\n' '    0 ░░░░▒▒▒▒' \
        '    1 ░░▒▒▒▒▓▓' '    2 ▒▒▒▒▓▓▓▓' '    3 ▒▒▓▓▓▓██')
}

@test "a thousand heads" {
    heads 32 > a.csv
    prints '' lln-plot a.csv -o a.png
    prints '' lln-plot a.csv --x tau -o b.png
    prints '' lln-plot a.csv --y gap_delta,entropy_nats --x head --by layer \
        -o c.png
}

@test "empty tables, one row, one temperature, nan" {
    heads 3 | head -n 1 > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg | grep -qx 'the table has no rows'
    lln-plot a.csv --map entropy_nats > a.svg
    text_of a.svg | grep -qx 'no numbers'
    heads 1 | lln-plot > a.svg
    text_of a.svg | grep -qx softmax
    heads 3 | sed 's/,[-0-9.]*$/,nan/' > a.csv
    lln-plot a.csv --map gap_delta > a.svg
    text_of a.svg | grep -qx 'no numbers'
    lln-plot a.csv --y gap_delta > a.svg
    lln-plot a.csv --x tau --y gap_delta > a.svg
    text_of a.svg | grep -qx 'no numbers'
}

@test "names of any bytes" {
    printf 'source,layer,head,kernel,n,d,tau,entropy_nats\n' > a.csv
    # shellcheck disable=SC2016 # no command substitution
    printf '"%s",0,%s,"%s",4,4,1,%s\n' 'a/$(id).npz' 0 \
        'x""{/:Bold y}_^\n%s @z `id` & <b>' 2 'a/$(id).npz' 1 \
        $'q\xff\xfe, \'r\' ä 😀 \\\\' 3 >> a.csv
    lln-plot a.csv > a.svg
    text_of a.svg > text
    # shellcheck disable=SC2016
    grep -qxF 'x"{/:Bold y}_^\n%s @z `id` &amp; &lt;b>' text
    grep -qxF "q, 'r' ä 😀 \\\\" text
    grep -qF "\$(id).npz" text
    # shellcheck disable=SC2016,SC1003
    prints '' lln-plot a.csv --title '$(touch x) `touch x` "%d" \' -o a.png
    prints '' lln-plot a.csv -o a.tex
    [ ! -e x ]
}

@test "--by column draws all columns in one panel" {
    heads 3 | lln-plot --x layer --y entropy_nats,gap_delta --by column > a.svg
    equal key "$(text_of a.svg | tail -n 2)" \
        $'mean row entropy (nats)\ndifference: spectral gap 1 − |λ₂|'
}

@test "a parameter of kernels is an axis" {
    printf '%s\n' source,kernel,n,d,tau,entropy_nats \
        gaussian,lln:alpha=1:beta=1,8,2,1,2 \
        gaussian,lln:alpha=2:beta=1,8,2,1,1.5 \
        gaussian,lln:alpha=4:beta=1,8,2,1,1 > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg | grep -qx α
    lln-plot a.csv --x alpha > b.svg
    text_of b.svg | grep -qx α
}

@test "--size gives the size in points, pixels, inches and centimetres" {
    heads 3 > a.csv
    # bytes 17 to 24 of a png file: width and height
    size() { od -An -j 16 -N 8 -tu1 "$1" |
        awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'; }
    lln-plot a.csv --size 640x400px -o a.png
    equal pixels "$(size a.png)" 640x400
    lln-plot a.csv --size 3.25x2in -o a.png
    equal inches "$(size a.png)" 975x600
    lln-plot a.csv --size 5.08x2.54cm -o a.png
    equal centimetres "$(size a.png)" 600x300
    lln-plot a.csv --size 3.25x2in -o a.pdf
    grep -aq 'MediaBox \[ *0 0 234 144' a.pdf
}

@test "letters have at least 7 points" {
    heads 3 > a.csv
    lln-plot a.csv --size 2in > a.svg
    # pixels of 1/96 inch
    equal size "$(grep -o 'font-size="[0-9.]*"' a.svg | tr -dc '0-9.\n' |
        awk '$1 * 72 / 96 < 7' | wc -l)" 0
    rm a.*
    refuses 2 "--font-size: '6': expected a number from 7 to 72" \
        lln-plot --font-size 6 a.csv
}

@test "bad usage" {
    refuses 2 "unknown option '--themes'" lln-plot --themes dark
    refuses 2 "option '--log' needs a value" lln-plot --log
    refuses 2 "--theme: 'blue': expected light or dark" lln-plot --theme blue
    refuses 2 "--log: 'z': expected x, y, xy or none" lln-plot --log z
    refuses 2 "--output: 'a.gif': expected a name that ends in .png, .svg, \
.pdf or .tex" lln-plot -o a.gif
    refuses 2 "--size: '3': expected a width from 100 to 10000 points (1.39in \
to 139in) and a height from 60 points" lln-plot --size 3
    refuses 2 "--size: 'wide': expected a width such as 3.25in, or width and \
height such as 900x500px" lln-plot --size wide
    refuses 2 "--x was given more than once" lln-plot --x a --x b
    refuses 2 "one table at a time: 'a.csv' and 'b.csv' were given" \
        lln-plot a.csv b.csv
}

@test "tables that cannot be read" {
    refuses 1 'b.csv: No such file or directory' lln-plot b.csv
    : > a.csv
    export files_before=a.csv
    refuses 1 'a.csv: no table: the input is empty' lln-plot a.csv
    printf 'source,n\na,1,2\n' > a.csv
    refuses 1 'a.csv: line 2: 3 values, expected 2' lln-plot a.csv
    printf 'source,n\n"a,1\n' > a.csv
    refuses 1 'a.csv: the last row has an open quote' lln-plot a.csv
    printf 'gaussian,1,2\n' > a.csv
    refuses 1 'a.csv: row 1 contains the value 1 where the name of a column was expected; print the table without --no-header' lln-plot a.csv
    heads 1 > a.csv
    refuses 1 "a.csv: no column 'entropy'; expected one of source, layer, head, \
kernel, n, d, tau, entropy_nats, gap_delta" lln-plot a.csv --y entropy
    printf 'name,size\nx,1\n' > a.csv
    refuses 1 "a.csv: not a table of measured values; expected one of \
lln-entropy, lln-stats, lln-spectral, lln-match or lln-attend, or a .npy or \
.safetensors file of lln-attend --blocks" lln-plot a.csv
}

@test "a full disk, a missing folder" {
    heads 1 > a.csv
    run sh -c 'lln-plot a.csv > /dev/full'
    equal status "$status" 1
    equal stderr "$output" 'lln-plot: standard output: No space left on device'
    mkdir empty
    cd empty || return 1
    refuses 1 'none/a.png: No such file or directory' \
        lln-plot ../a.csv -o none/a.png
}

@test "without gnuplot it says what to install" {
    heads 1 > a.csv
    mkdir bin
    for program in sh awk sed cat grep readlink mktemp rm; do
        ln -s "$(command -v $program)" bin
    done
    run env PATH="$PWD/bin" "$LLN_BIN/lln-plot" a.csv -o a.png
    equal status "$status" 1
    equal stderr "$output" "lln-plot: no gnuplot; install it: apt-get install \
gnuplot-nox fonts-dejavu-core"
}

@test "without fonts it draws nothing" {
    heads 1 > a.csv
    echo '<fontconfig></fontconfig>' > fonts.conf
    FONTCONFIG_FILE=$PWD/fonts.conf run lln-plot a.csv -o a.png
    equal status "$status" 1
    equal stderr "$output" \
        'lln-plot: no fonts; install some: apt-get install fonts-dejavu-core'
    [ ! -e a.png ]
}

@test "a signal leaves no file" {
    local status=0
    heads 3 > a.csv
    mkdir tmp bin
    printf '#!/bin/sh\ntouch "%s/started"\nsleep 1\n' "$PWD" > bin/gnuplot
    chmod +x bin/gnuplot
    TMPDIR=$PWD/tmp PATH=$PWD/bin:$PATH lln-plot a.csv -o a.png &
    until [ -e started ]; do sleep 0.1; done
    equal during "$(find tmp -mindepth 1 -maxdepth 1 | wc -l)" 1
    kill -TERM $!
    wait $! || status=$?
    equal status "$status" 143
    equal files "$(ls tmp)" ''
    [ ! -e a.png ]
}
