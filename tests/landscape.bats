#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-match --map: LLN attention over a grid of alpha and beta. The expected
# values are in tests/data/cases/cases_matching.csv.
# shellcheck disable=SC2154 # variables that helper.bash reads and sets
load helper

cases=$BATS_TEST_DIRNAME/data/cases
small='-n 32 -d 4 --quiet --map-a 1,2 --map-b 0.5:2:3:log'

# of_case NAME ARGUMENT...: the map of a reference case in float64.
of_case() {
    local name=$1
    shift
    lln-match --map --q "$cases/case_${name}_Q.npy" \
        --k "$cases/case_${name}_K.npy" --double -q "$@"
}

# cells COLUMN... < TABLE: these columns, without the header.
cells() {
    awk -F, -v names="$*" '
        NR == 1 {
            for (i = 1; i <= NF; i++) at[$i] = i
            count = split(names, name, " ")
            next
        }
        {
            line = $at[name[1]]
            for (i = 2; i <= count; i++) line = line " " $at[name[i]]
            print line
        }'
}

@test "the points come first, b changing fastest, then the methods" {
    # shellcheck disable=SC2086 # words
    lln-match --map $small --method paper,measured > map
    equal rows "$(cells point method a b < map | head -n 6)" \
        "$(printf '%s\n' '0 nan 1 0.5' '1 nan 1 1' '2 nan 1 2' '3 nan 2 0.5' \
            '4 nan 2 1' '5 nan 2 2')"
    equal methods "$(cells point method < map | tail -n 2)" \
        $'6 paper\n7 measured'
    equal rows "$(wc -l < map)" 9
}

@test "the default map has 13 x 13 points, and all methods" {
    lln-match --map -n 16 -d 2 --trials 1 --columns point,method,a,b > map
    equal points "$(cells method < map | grep -c nan)" 169
    equal corner "$(cells a b < map | sed -n '1p;2p;169p' | tr '\n' ' ')" \
        '0.25 0.25 0.25 0.353553390593 16 16 '
    equal methods "$(cells method < map | grep -v nan | tr '\n' ' ')" \
        "$(lln-match --help | sed -n '/^Methods:/,/^$/p' |
            awk '/^  [a-z]/ { printf "%s ", $1 }')"
}

@test "the paper's point on case A, and the distances" {
    of_case A --map-a 1 --map-b 1 --method paper,measured \
        --columns default,spectrum > map
    while read -r name expected; do
        echo "$(cells "$name" < map | sed -n 2p) $expected" | near 1e-10
    done << 'END'
alpha 1.8510663846663806
beta 2.664583331133354
log_variance_row 2.5272918622790423
entropy_nats 2.8431558289618399
lambda2 0.32815385243244483
END
    equal self "$(cells distance_paper < map | sed -n 2p)" 0
    equal self "$(cells distance_measured < map | sed -n 3p)" 0
    # ln(2.39124580148 / 1.84522389238) sqrt 2 and ln 2.39124580148 sqrt 2.
    echo "$(cells distance_measured < map | sed -n 2p) 0.3666" | near 1e-3
    echo "$(cells distance_paper < map | sed -n 1p) 1.2329" | near 1e-3
}

@test "measured is within a cell of the smallest error on the diagonal" {
    for name in A B C; do
        of_case $name --columns default > map
        best=$(cells method a b relative_error distance_measured < map | awk '
            $1 == "nan" && $2 == $3 {
                miss = $4 < 0 ? -$4 : $4
                if (best == "" || miss < best) { best = miss; far = $5 }
            }
            END { print far }')
        # One step on each axis: sqrt 2 ln sqrt 2.
        awk "BEGIN { exit !($best <= 0.4902) }"
        equal error "$(cells method relative_error < map |
            awk '$1 == "measured" { print ($2 < 1e-8 && $2 > -1e-8) }')" 1
    done
}

@test "cells agree with lln-attend and with lln-match without a map" {
    local sample=$DATA/encoder.safetensors
    local of=(--layout hnd --layers 3 --heads 1 --quiet --double)
    lln-match --map --map-a 1 --map-b 1 --method measured "${of[@]}" "$sample" \
        > map
    lln-match --method measured "${of[@]}" "$sample" > match
    equal target "$(cells softmax_log_variance_row < map | sed -n 2p)" \
        "$(column target_value < match)"
    equal achieved "$(cells log_variance_row < map | sed -n 2p)" \
        "$(column achieved < match)"
    for column in alpha beta sigma_q sigma_k relative_error \
        entropy_gap_nats max_exponent fp16_overflow bf16_overflow; do
        echo "$(cells $column < map | sed -n 2p) $(column $column < match)" |
            near 1e-12
    done
    lln-attend --compare softmax "${of[@]}" --params match --kernel lln \
        "$sample" > compared 2> /dev/null
    for column in matrix_error total_variation kl_nats; do
        echo "$(cells $column < map | sed -n 2p) $(column $column < compared)" |
            near 1e-9
    done
}

@test "where float16 fails on a trained head" {
    lln-match --map --map-a 2 --map-b 0.25,4,16 --method paper --layout hnd \
        --layers 3 --heads 1 --quiet "$DATA/encoder.safetensors" \
        --columns default,range > map
    # Small b: nothing is lost. Large b: more is lost the larger b is.
    cells b fp16_k_overflow fp16_k_flushed fp16_k_shifted_flushed \
        fp16_overflow_probability < map | awk '
        $1 == 0.25 && ($2 != 0 || $3 != 0 || $4 != 0) { exit 1 }
        $1 == 4 { k = $2; flushed = $4 }
        $1 == 16 && !($2 > k && k > 0 && $4 > flushed && $5 == 1) { exit 1 }'
    cells fp16_q_overflow fp16_k_overflow fp16_overflow < map |
        awk '{ printf "%.17g %s\n", ($1 + $2) / 2, $3 }' | near 1e-12 absolute
}

@test "averages over heads keep the points" {
    # shellcheck disable=SC2086 # words
    lln-match --map $small --trials 3 --method paper > map
    equal a "$(cells point a b a_se < map | sed -n 5p)" '4 2 1 0'
    equal samples "$(cells samples < map | uniq)" 3
    lln-match --map --map-a 1 --map-b 1 --layout hnd --aggregate all --quiet \
        --method measured "$DATA/encoder.safetensors" > averaged
    equal points "$(cells point samples < averaged | tr '\n' ' ')" '0 4 1 4 '
}

@test "lambda2 on request" {
    # shellcheck disable=SC2086 # words
    lln-match --map $small --method paper > map
    equal columns "$(grep -c lambda2 map)" 0
    # shellcheck disable=SC2086 # words
    lln-match --map $small --method paper --columns id,point,spectrum > map
    equal defined "$(cells lambda2 lambda2_ratio < map | grep -c nan)" 0
}

@test "a head without alpha and beta keeps its rows" {
    npy zero.npy '<f4' '(2, 2)' < <(head -c 16 /dev/zero)
    npy one.npy '<f4' '(2, 2)' < <(printf '\0\0\200\77\0\0\0\0\0\0\0\0\0\0\0\0')
    run --separate-stderr lln-match --map --map-a 1 --map-b 2 \
        --method paper --q zero.npy --k one.npy \
        --columns id,point,a,alpha,kl_nats
    equal status "$status" 0
    equal stderr "$(without_extent <<< "$stderr")" \
        'lln-match: zero.npy: map: alpha and beta are undefined: all entries of the queries are equal'
    equal rows "$(cells point a alpha kl_nats <<< "$output" | tr '\n' ',')" \
        '0 1 nan nan,1 nan nan nan,'
}

@test "a method without a match keeps its row" {
    run --separate-stderr lln-match --map --map-a 1 --map-b 1 -n 1 -d 2 \
        --trials 1 --each --method exact --columns point,method,a,entropy_nats
    equal status "$status" 0
    equal rows "$output" "$(printf '%s\n' point,method,a,entropy_nats \
        0,nan,1,0 1,exact,nan,nan)"
    equal stderr "$stderr" \
        "lln-match: gaussian: head 0: method 'exact': the temperature is undefined: no query has two allowed keys"
}

@test "a point without attention keeps its row, and the others theirs" {
    run --separate-stderr lln-match --map --map-a 1e300,1 --map-b 1 -n 9 -d 2 \
        --trials 1 --each --sigma-q 1e-9 --method paper \
        --columns point,method,a,entropy_gap_nats
    equal status "$status" 0
    equal missing "$(cells point entropy_gap_nats <<< "$output" |
        grep nan)" '0 nan'
    equal a "$(cells a <<< "$output" | head -n 1)" 1e+300
    [[ $stderr == "lln-match: gaussian: head 0"*"alpha inf"* ]]
}

@test "a method outside the default map is named" {
    local warning="lln-match: gaussian: head 0, tau N: method 'measured': a = N, b = N is outside the map; extend it with"
    local of=(lln-match --map -n 16 -d 2 --trials 1 --each --tau 0.05
        --method measured --columns "id,point")
    run --separate-stderr "${of[@]}"
    equal status "$status" 0
    equal stderr "$(sed -E 's/(=|tau) [0-9.]+/\1 N/g' <<< "$stderr")" "$warning --map-a"
    run --separate-stderr "${of[@]}" --map-a 1:64:9:log
    equal stderr "$(sed -E 's/(=|tau) [0-9.]+/\1 N/g' <<< "$stderr")" "$warning --map-b"
    run --separate-stderr "${of[@]}" --map-a 1 --map-b 1
    equal stderr "$stderr" ''
}

@test "the same bytes with one thread and two" {
    for threads in 1 2; do
        lln-match --map -n 300 -d 8 --trials 2 --each --map-a 0.5:8:3:log \
            --map-b 0.5:8:3:log --columns default,range,spectrum \
            --threads $threads -o $threads.csv
    done
    cmp 1.csv 2.csv
}

@test "columns have the values of the complete table" {
    # shellcheck disable=SC2086 # words
    lln-match --map $small > whole
    for name in log_variance_row entropy_gap_nats matrix_error fp16_flushed; do
        # shellcheck disable=SC2086 # words
        lln-match --map $small --columns id,point,method,$name > one
        equal "$name" "$(cells $name < one)" "$(cells $name < whole)"
    done
}

@test "rows of one head are told apart by their point" {
    # shellcheck disable=SC2086 # words
    run --separate-stderr lln-match --map ${small/--quiet/} --columns id \
        --method paper
    equal stderr "$stderr" \
        'lln-match: --columns: these columns do not distinguish all rows; add id and point'
    # shellcheck disable=SC2086 # words
    run --separate-stderr lln-match --map ${small/--quiet/} --columns id,point \
        --method paper
    equal stderr "$stderr" ''
}

@test "bad usage" {
    refuses 2 '--map-a needs --map' lln-match --map-a 1
    refuses 2 '--map-b needs --map' lln-match --map-b 1
    refuses 2 '--no-spectrum cannot be used with --map, which computes eigenvalues only for --columns spectrum' \
        lln-match --map --no-spectrum
    refuses 2 "--map-a: '0' is out of range; expected a number above 0, a list 0.5,1,2 or lo:hi:count[:log]" \
        lln-match --map --map-a 0
    refuses 2 "--map-b: expected lo:hi:count[:log], found '1:2'" \
        lln-match --map --map-b 1:2
    refuses 2 '--map-a and --map-b: 101 x 100 points; expected at most 10000' \
        lln-match --map --map-a 1:2:101 --map-b 1:2:100
    refuses 2 '--rows cannot be used with lln-match --map: all rows are needed' \
        lln-match --map --rows 8
    refuses 2 "--kernel cannot be used with lln-match --map, which finds alpha and beta of kernel 'lln' and measures no other kernel" \
        lln-match --map --kernel lln
}
