#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-spectral --singular: what it prints, and what it refuses.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

header=source,layer,head,kernel,n,d,causal,samples,tau,rank,sigma
header=$header,sigma_residual,centered_sigma,centered_sigma_residual,method
cases=$BATS_TEST_DIRNAME/data/cases
DATA=$BATS_TEST_DIRNAME/data

# of_case CASE OPTION...
of_case() {
    local name=$1
    shift
    lln-spectral --q "$cases/case_${name}_Q.npy" \
        --k "$cases/case_${name}_K.npy" --kernel softmax "$@"
}

@test "the header, and one row for each rank" {
    run --separate-stderr of_case A --double -q --singular 4
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal header "${lines[0]}" "$header"
    equal rows "${#lines[@]}" 5
    equal ranks "$(column rank <<< "$output" | tr '\n' ' ')" '1 2 3 4 '
}

# numpy: Q, K = case A; S = exp(Q K' / sqrt(8)); P = S / row sums;
# svd(P, compute_uv=False)[:3], and of P - P.mean(0)
@test "values of a reference case" {
    of_case A --double -q --singular 3 > table
    paste -d ' ' <(column sigma < table) \
        <(printf '%s\n' 1.0519750109042734 \
        0.6004197633627805 0.5379333740767686) |
        near 1e-12 absolute
    paste -d ' ' <(column centered_sigma < table) \
        <(printf '%s\n' 0.6010823419067115 \
        0.5425549089409194 0.45802469652376254) | near 1e-12 absolute
    of_case A -q --singular 3 > single
    paste -d ' ' <(column sigma < single) <(column sigma < table) |
        near 1e-6 absolute
}

@test "the summary and the first value agree" {
    for kernel in softmax lln:alpha=1:beta=1; do
        for options in '' --causal; do
            # shellcheck disable=SC2086 # words
            set -- -n 400 -d 8 --trials 1 --double --kernel $kernel $options
            lln-spectral "$@" --singular 1 > table
            echo "$(column centered_sigma < table)" \
                "$(lln-spectral "$@" | column centered_sigma1)" |
                near 1e-7 absolute
        done
    done
}

@test "more keys than queries" {
    head -c 96 /dev/zero | npy q.npy '<f4' '(6, 4)'
    head -c 160 /dev/zero | npy k.npy '<f4' '(10, 4)'
    run --separate-stderr lln-spectral --q q.npy --k k.npy --kernel softmax \
        --double -q --singular 100
    equal status "$status" 0
    equal rows "${#lines[@]}" 7
    # Entries 1/10: sigma = sqrt(60)/10, and P~ = 0.
    column sigma <<< "$output" > values
    echo "$(sed -n 1p values) 0.7745966692414834" | near 1e-15 absolute
    echo "$(sed -n 2p values) 0" | near 1e-15 absolute
    echo "$(column centered_sigma <<< "$output" | sed -n 1p) 0" |
        near 1e-15 absolute
}

@test "threads and batches of heads change no byte" {
    set -- --layout hnd "$DATA/encoder.safetensors" --kernel softmax -q \
        --singular 5
    lln-spectral "$@" --threads 1 > one
    lln-spectral "$@" --threads 2 | cmp - one
    lln-spectral "$@" --heads 1 > alone
    [ "$(wc -l < alone)" -gt 5 ]
    [ -z "$(comm -13 <(sort one) <(sort alone))" ]
}

@test "what cannot be combined" {
    refuses 2 '--singular cannot be used with --eigenvalues' \
        lln-spectral --eigenvalues 3 --singular 3
    refuses 2 '--method cannot be used with --singular: it chooses how eigenvalues are computed' \
        lln-spectral --method dense --singular 3
    refuses 2 '--aggregate cannot be used with --singular' \
        lln-spectral --aggregate all --singular 3
    run lln-spectral -n 5 -d 2 --trials 1 --singular 0
    equal status "$status" 2
}
