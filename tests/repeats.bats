#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Options that are given twice: lists are joined, single values are refused.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

# same ONE OTHER: two command lines, without quotes, print the same table.
same() {
    # shellcheck disable=SC2086
    $1 > one
    # shellcheck disable=SC2086
    $2 > other
    cmp one other
    [ "$(wc -l < one)" -gt 1 ]
}

@test "--tau, --kernel and --columns are joined" {
    local command='lln-entropy -n 8 -d 2'
    same "$command --tau 0.5 --tau 1 --kernel softmax --kernel elu" \
        "$command --tau 0.5,1 --kernel softmax,elu"
    same "$command --columns tau --columns kernel,entropy_nats" \
        "$command --columns tau,kernel,entropy_nats"
}

@test "the first of a list replaces the default" {
    lln-entropy -n 8 -d 2 --kernel elu --columns kernel > table
    equal kernels "$(column kernel < table)" elu
    lln-entropy -n 8 -d 2 --kernel elu --kernel lln --columns kernel > table
    equal kernels "$(column kernel < table)" $'elu\nlln'
}

@test "--tau: ranges among numbers" {
    for tau in '--tau 0.5 --tau 1:2:3 --tau 4:16:3:log' \
        '--tau 0.5,1:2:3,4:16:3:log'; do
        # shellcheck disable=SC2086
        lln-match -n 8 -d 2 $tau --method paper --columns tau > table
        equal taus "$(column tau < table | paste -sd ' ')" '0.5 1 1.5 2 4 8 16'
    done
    files_before=table
    refuses 2 "--tau: expected lo:hi:count[:log], found '1:2'" \
        lln-spectral --tau 0.5,1:2
    refuses 2 "--tau: expected one number, found '1,2'; a list needs --compare, --against or --pairs" \
        lln-attend --tau 1 --tau 2 -o o.npy
}

@test "--layers and --heads: everything that any of them names" {
    local command="lln-stats --quiet --layout hnd $DATA/encoder.safetensors"
    command="$command --columns layer,head,log_mean --kernel softmax"
    same "$command --layers 3 --layers 0 --heads 1 --heads 0-1 --heads 1" \
        "$command --layers 0,3 --heads 0-1"
    equal heads "$(column head < one | paste -sd ' ')" '0 1 0 1'
}

@test "--method of lln-match, --s2 of lln-stats" {
    same 'lln-match -n 8 -d 2 --method paper --method exact,fenton' \
        'lln-match -n 8 -d 2 --method paper,exact,fenton'
    same 'lln-stats --fenton --dim 4 --s2 1 --s2 2:3:2' \
        'lln-stats --fenton --dim 4 --s2 1,2,3'
}

@test "--arrays, --fail-below and --fail-above are joined" {
    refuses 2 "--arrays: no kernel in 'softmax,lln' takes an array 'two'; see --list-kernels, and lln-tools(7) for arrays of other options" \
        lln-entropy --arrays two="$CASES/case_A_Q.npy" \
        --arrays three="$CASES/case_A_Q.npy"
    run lln-entropy -n 8 -d 2 --kernel softmax --fail-below n=1 --fail-below n=9
    equal status "$status" 3
    run lln-entropy -n 8 -d 2 --kernel softmax --fail-above n=7 --fail-above n=9
    equal status "$status" 3
}

@test "an item twice in a joined list" {
    refuses 2 "--kernel: 'softmax' is given twice" \
        lln-entropy --kernel softmax --kernel softmax
    refuses 2 "--kernel: 'lln' is given twice" \
        lln-attend --compare softmax --kernel lln --kernel elu,lln
    refuses 2 "--method: 'paper' is given twice" \
        lln-match --method paper --method all
    refuses 2 '--kernel: empty entry; expected a kernel (see --list-kernels)' lln-entropy --kernel softmax --kernel ''
    lln-entropy -n 8 -d 2 --kernel elu --tau 1 --tau 1 --columns tau \
        --columns tau > table
    equal table "$(cat table)" $'tau\n1\n1'
}

@test "a single value twice, also by another name or the same again" {
    refuses 2 '--seed is given twice' lln-entropy --seed 1 --seed 2
    refuses 2 '--seed is given twice' lln-match --seed 1 --seed 1
    refuses 2 '--tokens is given twice' lln-stats -n 8 --tokens 9
    refuses 2 '--tokens is given twice' lln-stats -n8 --tok=8
    refuses 2 '--output is given twice' lln-spectral -o a --output b
    refuses 2 '--params is given twice' lln-entropy --params a --params a
    refuses 2 '--scale is given twice' lln-entropy --scale 1 --scale 1.0
    refuses 2 '--method is given twice' \
        lln-spectral --method dense --method auto
    refuses 2 '--compare is given twice' \
        lln-attend --compare softmax --compare softmax
    refuses 2 '--histogram is given twice' \
        lln-stats --histogram 8 --histogram 9
    refuses 2 '--gate is given twice' lln-entropy --gate a --gate b
}

@test "a flag may be given twice" {
    same 'lln-entropy -n 8 -d 2 --causal --each -q --causal --each --quiet' \
        'lln-entropy -n 8 -d 2 --causal --each -q'
}
