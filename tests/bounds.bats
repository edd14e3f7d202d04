#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --fail-below and --fail-above.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# Case D: queries 1 and 2, keys 0 and 1, so that the largest logit is 2 and
# tau = 1/sqrt((0.5 + 2)/2).
D=(--q "$CASES/case_D_Q.npy" --k "$CASES/case_D_K.npy" --kernel softmax)

# beyond MESSAGE TOOL ARGUMENT...: the command prints the complete table and the
# message, and exits with 3.
beyond() {
    local message=$1 expected
    shift
    expected=$("$1" "${@:2:$#-3}")
    run --separate-stderr "$@"
    equal status "$status" 3
    equal stderr "$(without_extent <<< "$stderr")" "$1: $message"
    equal table "$output" "$expected"
}

@test "bounds that are met" {
    for bound in max_logit=2 max_logit=2.5,n=2 row_sum_min=1; do
        prints "$(lln-entropy "${D[@]}")" lln-entropy "${D[@]}" --fail-above $bound
    done
    for bound in max_logit=2 max_logit=-1e9,causal=0; do
        prints "$(lln-entropy "${D[@]}")" lln-entropy "${D[@]}" --fail-below $bound
    done
}

@test "bounds that are not met" {
    local q=$CASES/case_D_Q.npy
    set -- lln-entropy "${D[@]}" --precision 6
    beyond "$q: kernel softmax, tau 0.894427: max_logit is 2; expected at most 1.999" \
        "$@" --fail-above max_logit=1.999
    beyond "$q: kernel softmax, tau 0.894427: max_logit is 2; expected at least 2.001" \
        "$@" --fail-below max_logit=2.001
    beyond "$q: kernel softmax, tau 0.894427: n is 2; expected at most 1" \
        "$@" --fail-above max_logit=3,n=1,d=0
    run --separate-stderr "$@" --fail-above n=1 --fail-above max_logit=3
    equal 'status of a list in two' "$status" 3
}

@test "the first row is named" {
    local sample=$DATA/encoder.safetensors
    set -- lln-entropy "$sample" --layout hnd --quiet --kernel softmax \
        --precision 4
    beyond "$sample: layer 0, head 1, kernel softmax, tau 0.213568: entropy_nats is 0.1553; expected at least 1" \
        "$@" --fail-below entropy_nats=1
    beyond "$sample: layer 3, kernel softmax, tau 0.584226: entropy_nats_max is 4.338; expected at most 4.3" \
        "$@" --aggregate layer --fail-above entropy_nats_max=4.3
    beyond "gaussian: kernel lln, tau 2, method fenton: tau is 2; expected at most 1" \
        lln-match -n 8 -d 2 --tau 2 --method fenton,exact --no-spectrum \
        --fail-above tau=1
    beyond 'gaussian: head 0, kernel softmax, tau 1, query 2: query is 2; expected at most 1' \
        lln-entropy -n 3 -d 2 --kernel softmax --trials 2 --per-row \
        --fail-above query=1
}

@test "a missing value does not meet its bound" {
    beyond 'gaussian: kernel lln, tau 1: max_logit is nan; expected at most 1000' \
        lln-entropy -n 8 -d 2 --fail-above max_logit=1000
    beyond 'gaussian: kernel lln, tau 1: max_logit is nan; expected at least -1000' \
        lln-entropy -n 8 -d 2 --fail-below max_logit=-1000
}

@test "the output file is complete" {
    run --separate-stderr lln-entropy -n 8 -d 2 -o table --fail-above n=7
    equal status "$status" 3
    lln-entropy -n 8 -d 2 | cmp - table
}

@test "a failure to write is reported before a bound" {
    run --separate-stderr sh -c \
        'lln-entropy -n 8 -d 2 --fail-above n=7 > /dev/full'
    equal status "$status" 1
    equal stderr "$stderr" \
        'lln-entropy: standard output: No space left on device'
}

@test "bad usage" {
    local form='expected COLUMN=X or COLUMN=X,COLUMN=X...'
    refuses 2 "--fail-below: 'n' has no bound; $form" \
        lln-entropy --fail-below n
    refuses 2 "--fail-above: '' has no bound; $form" \
        lln-entropy --fail-above n=1,
    refuses 2 "--fail-above: n: 'x' is not a number; $form" \
        lln-entropy --fail-above n=x
    refuses 2 "--fail-above: n: 'nan' is not a number; $form" \
        lln-entropy --fail-above n=nan
    for name in entropy source; do
        refuses 2 "--fail-below: '$name' is not a column of numbers; expected one of layer, head, n, d, causal, samples, tau, point, normal_quantile, quantile, normal_quantile_se, quantile_se" \
            lln-stats --qq 3 --fail-below $name=1 -o table
    done
    refuses 2 '--fail-below cannot be used with --fenton' \
        lln-stats --fenton --fail-below s2=1
    refuses 2 '--fail-above needs --compare, --against or --pairs' \
        lln-attend --fail-above n=1
}

# The keys of head 1 are equal: lln has no alpha and beta for it.
@test "a head without rows does not meet its bound" {
    printf '%s' {0.5,0.7}{1,2,3}{4,8}{1,2,7} | head -c 64 > numbers
    { cat numbers && printf 'abcd%.0s' {1..16}; } |
        npy k.npy '<f4' '(2, 8, 2)'
    { cat numbers && rev numbers | tr -d '\n'; } | npy q.npy '<f4' '(2, 8, 2)'
    local heads='--layout hnd --q q.npy --k k.npy --kernel lln:match=fenton'
    # shellcheck disable=SC2086 # words
    {
        run --separate-stderr lln-entropy $heads --per-row \
            --fail-below entropy_nats=0
        equal status "$status" 3
        [[ $stderr == *'head 1: '*'entropy_nats is nan; expected at least 0' ]]
        run --separate-stderr lln-spectral $heads --eigenvalues 2 \
            --fail-below modulus=0
        equal status "$status" 3
        run --separate-stderr lln-stats $heads --qq 3 --aggregate all
        equal status "$status" 0
        equal rows "$(wc -l <<< "$output")" 4
    }
}
