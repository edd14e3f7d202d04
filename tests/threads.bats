#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The same command gives the same bytes on any number of threads.
# shellcheck disable=SC2154 # variables that helper.bash sets
load helper

# same TOOL OPTION...
same() {
    "$@" --threads 1 > one
    "$@" --threads 2 > two
    [ "$(wc -l < one)" -gt 1 ]
    cmp one two
}

# Those that measure heads.
tools='lln-entropy lln-stats lln-spectral lln-match'

@test "sampled heads" {
    for tool in $tools; do
        for option in '' --double --causal --each; do
            # shellcheck disable=SC2086
            same "$tool" -n 200 -d 16 --tau 0.5,1 $option
        done
    done
}

@test "heads from files" {
    for tool in $tools; do
        for option in '' --double --causal '--aggregate all'; do
            # shellcheck disable=SC2086
            same "$tool" "$DATA/encoder.safetensors" --layout hnd \
                --heads 0 --quiet $option
        done
    done
}

# any_batch TOOL OPTION...: heads from a file, alone, in batches with others and
# in another order; on one, two and more threads.
any_batch() {
    of() {
        "${command[@]}" --layout hnd --quiet --no-header "$@"
    }
    local command=("$@" "$DATA/encoder.safetensors")
    of --threads 1 | sort > all
    [ "$(wc -l < all)" -ge 4 ]
    for threads in 2 3; do
        of --threads $threads | sort | cmp - all
    done
    OMP_NUM_THREADS=1 of | sort | cmp - all
    {
        of --layers 3 --heads 1
        of --layers 0
        of --layers 3 --heads 0 --threads 2
    } | sort | cmp - all
}

@test "a head in any batch" {
    local kernels=(--kernel 'softmax,lln,elu')
    any_batch lln-spectral --kernel softmax --kernel elu
    any_batch lln-entropy "${kernels[@]}" --columns all
    any_batch lln-entropy "${kernels[@]}" --diagnose --each
    any_batch lln-stats "${kernels[@]}"
    any_batch lln-match --method all
    any_batch lln-attend "${kernels[@]}" --compare softmax \
        --columns id,relative_error,kl_nats,rank_correlation,js_nats
    lln-spectral --layout hnd --quiet --window 3 --eigenvalues 5 --threads 1 \
        "$DATA/encoder.safetensors" > one
    lln-spectral --layout hnd --quiet --window 3 --eigenvalues 5 --threads 2 \
        "$DATA/encoder.safetensors" | cmp - one
}

# The partners of --against are selected like the heads, and so is each of
# --pairs.
@test "a head and its partner in any batch" {
    local with=(--kernel 'softmax,elu' --against "$DATA/encoder.safetensors")
    any_batch lln-attend "${with[@]}"
    any_batch lln-entropy "${with[@]}"
    any_batch lln-stats "${with[@]}"
    same lln-attend --layout hnd --quiet --kernel softmax,elu --pairs layers \
        "$DATA/encoder.safetensors"
}

@test "tables of rows, bins and quantiles" {
    same lln-entropy -n 200 -d 16 --per-row
    same lln-stats -n 400 -d 16 --histogram 40
    same lln-stats -n 400 -d 16 --qq 40
    same lln-stats -n 400 -d 16 --bootstrap 20
    same lln-stats -n 400 -d 16 --normality
    same lln-entropy -n 400 -d 16 --jackknife --each
    same lln-stats -n 400 -d 16 --jackknife --trials 1
    same lln-stats -n 8200 -d 16 --normality --per-feature --trials 1
}

@test "where attention goes, ranks, and heads against heads" {
    local columns=id,where,shape,norm,coverage,patterns
    for kernel in softmax lln kvt:k=20; do
        for option in '' --double --causal '--window 9' '--rows 60'; do
            # shellcheck disable=SC2086 # words
            same lln-entropy -n 400 -d 16 --trials 2 --each --kernel $kernel \
                --columns $columns $option
        done
    done
    same lln-entropy -n 400 -d 16 --distribution
    same lln-entropy -n 400 -d 16 --by-position 7 --columns all
    same lln-entropy -n 400 -d 16 --at-lengths 100,400
    same lln-spectral -n 400 -d 16 --columns id,rank
    heads=(--layout hnd --quiet --kernel softmax "$DATA/encoder.safetensors")
    same lln-attend "${heads[@]}" --pairs heads
    same lln-stats "${heads[@]}" --against "$DATA/encoder.safetensors"
    for threads in 1 2; do
        lln-attend "${heads[@]}" --blocks 9 --threads $threads -o $threads.npz
    done
    cmp 1.npz 2.npz
}

@test "rows and warnings come in order, up to the first failure" {
    echo source,layer,head,kernel,n,d,causal,tau,alpha,beta > params
    for head in 0 1 2 3 4 6 7; do
        echo "gaussian,nan,$head,lln,8,2,0,1,0.5,1"
    done >> params
    for threads in 1 2; do
        run --separate-stderr lln-entropy -n 8 -d 2 --each --trials 8 --tau 1 \
            --kernel lln --params params --threads $threads
        equal status "$status" 1
        equal stderr "$stderr" 'lln-entropy: params: no row for gaussian, head 5; the closest rows have head 0 to 4, 6, 7'
        equal heads "$(column head <<< "$output")" "$(seq 0 4)"
    done
    for threads in 1 2; do
        run --separate-stderr lln-entropy -n 1 --each --trials 20 \
            --kernel lln --threads $threads
        equal status "$status" 0
        equal stderr "$stderr" 'lln-entropy: gaussian: head 0, tau 1: the temperature is undefined: no query has two allowed keys; the same holds for 19 more cases'
    done
}
