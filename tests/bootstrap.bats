#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-stats --bootstrap: the p-value of ks_distance. tests/test_bootstrap.c
# tests the values against a plain loop.
# shellcheck disable=SC2154 # bats sets status, output, stderr
load helper

columns=ks_p_value,ks_draws,ks_null_mean,ks_null_95

# of_case OPTION...: the case A, 64 tokens and 8 features, in one column list.
of_case() {
    lln-stats --q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy" \
        --kernel softmax --quiet "$@"
}

@test "the columns follow those of the summary, and exist on request only" {
    local plain with
    plain=$(lln-stats -n 8 -d 2 --each | head -n 1)
    with=$(lln-stats -n 8 -d 2 --each --bootstrap 3 | head -n 1)
    equal header "$with" "$plain,$columns"
    equal names "$(lln-stats -n 8 -d 2 --each --bootstrap 3 --columns 'ks_[dpn]*' |
        head -n 1)" "ks_distance,$columns"
    run --separate-stderr lln-stats -n 8 -d 2 --columns ks_p_value
    equal status "$status" 2
    [[ $stderr == *"no column or group 'ks_p_value'"* ]]
}

@test "other columns do not change" {
    of_case > plain
    of_case --bootstrap 5 > with
    equal cells "$(cut -d, -f1-23 with)" "$(cat plain)"
}

@test "p is 10 / draws if stopped early, else counts all draws" {
    # A head of the null hypothesis is stopped, if not near its 95 % point.
    lln-stats -n 48 -d 8 --trials 6 --each --kernel softmax --bootstrap 999 \
        --columns $columns > table
    tail -n +2 table | awk -F, '{ print; early += $2 < 999
        if ($2 < 999 && $1 * $2 != 10 && $1 * $2 - 10 > 1e-12) exit 1
        if ($2 == 999 && $1 > 10 / 1000) exit 1
        if ($3 < 0.01 || $3 > 0.06 || $4 < $3) exit 1 }
        END { if (early < 4) exit 1 }'
}

@test "trained heads that are far from the model have the smallest p" {
    lln-stats "$DATA/encoder.safetensors" --layout hnd --layers 3 \
        --kernel softmax --bootstrap 99 --columns $columns --quiet > table
    equal p "$(column ks_p_value < table)" $'0.01\n0.01'
    equal draws "$(column ks_draws < table)" $'99\n99'
}

@test "draws depend on --seed alone, not on threads, B and other heads" {
    local of="lln-stats $DATA/encoder.safetensors --layout hnd --quiet
        --kernel softmax,lln --columns layer,head,kernel,$columns"
    # shellcheck disable=SC2086 # words
    $of --bootstrap 30 --layers 0,3 > all
    for threads in 1 2; do
        # shellcheck disable=SC2086
        $of --bootstrap 30 --layers 0,3 --threads $threads | cmp - all
    done
    # shellcheck disable=SC2086
    $of --bootstrap 30 --layers 3 --heads 1 > one
    equal rows "$(wc -l < one)" 3
    tail -n +2 one | while read -r row; do grep -qxF "$row" all; done
    # shellcheck disable=SC2086
    $of --bootstrap 30 --layers 0,3 --seed 2 > other
    cmp other all && return 1
    # Rows that were stopped are those of every larger B.
    # shellcheck disable=SC2086
    $of --bootstrap 60 --layers 0,3 > larger
    awk -F, '$5 < 30 && NR > 1' all > stopped
    while read -r row; do grep -qxF "$row" larger; done < stopped
}

@test "a seed is noted if heads are drawn" {
    of_case --bootstrap 3 --seed 9 --comments --columns ks_p_value |
        grep -qx '# seed: 9'
}

@test "LLN is matched anew in each draw, unless alpha and beta are given" {
    local method
    for method in paper fenton fenton-row exact measured; do
        lln-match --q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy" \
            --method $method --no-spectrum --quiet --columns alpha,beta > match
        given="lln:alpha=$(column alpha < match):beta=$(column beta < match)"
        of_case --kernel lln:match=$method --bootstrap 40 \
            --columns ks_distance,$columns > matched
        of_case --kernel "$given" --bootstrap 40 \
            --columns ks_distance,$columns > fixed
        paste -d ' ' <(column ks_distance < matched) \
            <(column ks_distance < fixed) | near 1e-6
        [ "$(column ks_null_mean < matched)" != \
            "$(column ks_null_mean < fixed)" ]
        paste -d ' ' <(column ks_null_mean < matched) \
            <(column ks_null_mean < fixed) | near 0.3
    done
}

@test "masks, rows and other rules of logits hold in the draws" {
    local rule plain
    plain=$(of_case --bootstrap 20 --columns ks_null_mean | tail -n 1)
    for rule in --causal '--window 8' '--rows 16' '--softcap 1' \
        '--bias alibi --causal'; do
        # shellcheck disable=SC2086
        of_case --bootstrap 20 $rule --columns ks_null_mean > table
        [ "$(tail -n 1 table)" != "$plain" ]
        [[ $(tail -n 1 table) =~ ^0\.[0-9]+$ ]]
    done
}

@test "no distance, no p-value, with a reason" {
    run --separate-stderr lln-stats -n 1 -d 2 --kernel softmax --each \
        --trials 1 --bootstrap 9 --columns $columns
    equal status "$status" 0
    equal row "${lines[1]}" nan,nan,nan,nan
}

@test "bad usage" {
    refuses 2 '--bootstrap cannot be used with --qq' \
        lln-stats --qq 8 --bootstrap 9
    refuses 2 '--bootstrap cannot be used with --normality' \
        lln-stats --normality --bootstrap 9
    refuses 2 '--bootstrap cannot be used with --fenton' \
        lln-stats --fenton --bootstrap 9
    refuses 2 "--bootstrap: '0' is out of range; expected a whole number from 1 to 100000" \
        lln-stats --bootstrap 0
    refuses 2 '--bootstrap cannot be used with --attention: it needs queries and keys' \
        lln-stats --attention p.npy --bootstrap 9
}

@test "an interrupted bootstrap ends at once and keeps finished heads" {
    run --separate-stderr timeout -s INT --preserve-status 2 \
        lln-stats -n 64 -d 8 --trials 100000 --each --kernel softmax \
        --bootstrap 100 -o out.csv
    equal status "$status" 130
    [[ $stderr =~ ^'lln-stats: interrupted: '([0-9]+)' of 100000 cases written to out.csv.partial' ]]
    equal rows "$(tail -n +2 out.csv.partial | wc -l)" "${BASH_REMATCH[1]}"
    # One head that takes minutes.
    run --separate-stderr timeout -s INT --preserve-status 2 \
        lln-stats -n 16384 --trials 1 --kernel lln --bootstrap 100000 -o out.csv
    equal status "$status" 130
}
