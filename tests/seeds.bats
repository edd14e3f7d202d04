#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --seed: any whole number up to 2^64 - 1, with any heads and kernels.
# shellcheck disable=SC2154 # bats sets status, output, stderr
load helper

most=18446744073709551615 # 2^64 - 1
head="--q $CASES/case_A_Q.npy --k $CASES/case_A_K.npy"

# draws COMMAND (without quotes): it prints the same with the same seed, and
# other values with another seed, also if the seeds differ only above the first
# 32 bits, or by less than the spacing of doubles.
draws() {
    local seed
    for seed in 1 2 4294967297 18446744073709551614 $most; do
        # shellcheck disable=SC2086
        $1 --seed "$seed" > "of_$seed"
        # shellcheck disable=SC2086
        $1 --seed "$seed" > again
        cmp again "of_$seed"
    done
    # shellcheck disable=SC2086
    $1 | cmp - of_1
    equal different "$(md5sum of_* | cut -d' ' -f1 | sort -u | wc -l)" 5
    [ "$(wc -l < of_1)" -gt 1 ]
}

@test "sampled heads" {
    draws 'lln-stats -n 32 -d 4 --kernel softmax --columns log_mean'
}

@test "rows of heads from files" {
    draws "lln-entropy $head --rows 8 --kernel softmax --columns entropy_nats"
}

@test "rows of heads from files, other tables" {
    draws "lln-stats $head --rows 8 --kernel softmax --columns log_mean"
    draws "lln-entropy $head --rows 4 --kernel softmax --per-row"
}

@test "every random kernel, on heads from files" {
    local kernels
    kernels=$(lln-entropy --list-kernels | awk '
        /^[a-z]/ { name = $1 } /^    random:/ { print name }')
    for kernel in $kernels; do
        case $kernel in rfa-gate) continue ;; esac # needs an array
        echo "$kernel"
        draws "lln-attend --quiet $DATA/encoder.safetensors --layout hnd
            --layers 0 --heads 0 --compare softmax --kernel $kernel
            --columns relative_error"
    done
    [ -n "$kernels" ]
}

@test "a seed where nothing is drawn changes nothing" {
    local command
    for command in "lln-entropy $head" "lln-stats $head --normality" \
        "lln-stats $head --histogram 9" "lln-match $head --no-spectrum" \
        "lln-spectral $head" 'lln-stats --fenton --dim 4' \
        "lln-entropy $head --diagnose --kernel softmax" \
        "lln-entropy $head --list" 'lln-match --list-kernels' \
        "lln-entropy $head --rows 1000000 --kernel softmax"; do
        # shellcheck disable=SC2086
        $command > plain
        # shellcheck disable=SC2086
        prints "$(cat plain)" $command --seed 7
    done
    # shellcheck disable=SC2086
    lln-attend $head --v "$CASES/case_A_K.npy" --seed 3 -o o.npy
    [ -s o.npy ]
}

@test "--trials is refused where nothing is drawn" {
    # shellcheck disable=SC2086
    refuses 2 '--trials needs sampled heads or a random kernel (see --list-kernels)' \
        lln-entropy $head --seed 1 --trials 2
    # shellcheck disable=SC2086
    refuses 2 '--trials needs sampled heads: lln-match draws nothing at random for heads from files' \
        lln-match $head --trials 2
    # shellcheck disable=SC2086
    refuses 2 '--trials needs sampled heads: --normality draws nothing at random for heads from files' \
        lln-stats $head --normality --trials 2
}

@test "malformed seeds" {
    local range="expected a whole number from 0 to $most" seed
    for seed in 18446744073709551616 -1 99999999999999999999999; do
        refuses 2 "--seed: '$seed' is out of range; $range" \
            lln-entropy --seed=$seed
    done
    for seed in 1.5 1e3 0x1 '' ' 1' +1 nan; do
        refuses 2 "--seed: '$seed' is not a whole number; $range" \
            lln-match --seed "$seed"
    done
}

# seed_of COMMAND: the line of --comments with the seed.
seed_of() {
    # shellcheck disable=SC2086
    $1 --comments | grep '^# seed' || true
}

@test "--comments prints the seed exactly, wherever something is drawn" {
    equal sampled "$(seed_of "lln-entropy -n 8 -d 2 --seed $most")" \
        "# seed: $most"
    equal odd "$(seed_of 'lln-entropy -n 8 -d 2 --seed 9007199254740993')" \
        '# seed: 9007199254740993'
    equal rows "$(seed_of "lln-entropy $head --rows 4")" '# seed: 1'
    equal kernel "$(seed_of "lln-entropy $head --kernel rfa --seed 5")" \
        '# seed: 5'
    equal none "$(seed_of "lln-entropy $head --seed 5")" ''
}

@test "lln-match: the seed of sampled heads is in the table, exactly" {
    local seed
    for seed in 7 9007199254740993 $most; do
        lln-match -n 8 -d 2 --seed "$seed" --no-spectrum --precision 3 > table
        equal seed "$(column seed < table)" "$seed"
        lln-match -n 8 -d 2 --seed "$seed" --no-spectrum --format json \
            --columns seed > table
        equal json "$(cat table)" "[
{\"seed\":$seed}
]"
    done
    # shellcheck disable=SC2086
    lln-match $head --seed 7 --no-spectrum > table
    equal files "$(column seed < table)" nan
}

@test "lln-match: the seed is not averaged" {
    lln-match -n 8 -d 2 --seed 7 --no-spectrum --aggregate all > table
    equal seed "$(column seed < table)" 7
    equal errors "$(head -n 1 table | grep -c 'seed_')" 0
}
