#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The columns of lln-spectral about ranks (group rank).
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

columns=sigma1,sigma2,stable_rank,rank90,rank90_least,columns90,entropy_rank
columns=$columns,logit_stable_rank,logit_rank90,logit_stable_rank_both
columns=$columns,logit_rank90_both,logit_stable_rank_uncentered
columns=$columns,logit_rank90_uncentered

# of_case CASE OPTION...: the ranks of a case of tests/data/focus.
of_case() {
    local name=$1
    shift
    lln-spectral --q "$FOCUS/${name}_q.npy" --k "$FOCUS/${name}_k.npy" \
        --quiet --columns rank "$@"
}

# like_reference CASE KERNEL OPTION...: real values within 1e-10, whole numbers
# exactly; by default within 1e-6.
like_reference() {
    local name=$1 kernel=$2 mode pair
    shift 2
    for mode in --double ''; do
        # shellcheck disable=SC2086 # no word if empty
        of_case "$name" $mode "$@" > table
        for pair in sigma1=P_sigma1 sigma2=P_sigma2_true \
            stable_rank=P_stable_rank entropy_rank=P_entropy_rank \
            rank90=P_rank90 columns90=columns90 \
            logit_stable_rank=logit_row_stable_rank \
            logit_rank90=logit_row_rank90 \
            logit_stable_rank_both=logit_both_stable_rank \
            logit_rank90_both=logit_both_rank90 \
            logit_stable_rank_uncentered=logit_none_stable_rank \
            logit_rank90_uncentered=logit_none_rank90; do
            echo "$(column "${pair%=*}" < table)" \
                "$(focus_value "$name,$kernel,${pair#*=}")"
        done | grep -v '^nan nan$' > pairs
        near "$([ -n "$mode" ] && echo 1e-10 || echo 1e-6)" < pairs
    done
}

@test "ranks of the reference cases" {
    focus_cases like_reference
}

@test "the group is printed on request only" {
    equal group "$(lln-spectral -n 8 -d 2 --trials 1 -q --columns rank |
        head -n 1 | sed 's/,sigma1_se.*//')" "$columns"
    run ! grep -q ,stable_rank <(lln-spectral -n 8 -d 2 --trials 1 -q)
}

@test "one token, and fewer queries than keys" {
    head -c 16 /dev/zero | npy one.npy '<f4' '(1, 4)'
    head -c 160 /dev/zero | npy ten.npy '<f4' '(10, 4)'
    prints "$columns
1,0,1,1,1,1,1,nan,nan,nan,nan,nan,nan" lln-spectral --q one.npy --k one.npy \
        --kernel softmax --double -q --columns rank
    # Ten entries 1/10: one singular value sqrt(1/10), and nine equal columns.
    prints "sigma1,sigma2,stable_rank,rank90,columns90
0.316228,0,1,1,9" lln-spectral --q one.npy --k ten.npy --kernel softmax \
        -q --columns sigma1,sigma2,stable_rank,rank90,columns90 --precision 6
}

# Key 3 is hidden from all queries, and query 2 sees no key.
@test "hidden keys and queries without keys" {
    local i
    for i in 0 1 2 3 4; do
        [ "$i" = 2 ] && printf '\0\0\0\0\0' || printf '\1\1\1\0\1'
    done | npy mask.npy '|b1' '(5, 5)'
    head -c 80 /dev/zero | npy q.npy '<f4' '(5, 4)'
    # Four rows (1 1 1 0 1)/5: sigma1 = 4/5, four equal columns.
    prints "sigma1,stable_rank,rank90,columns90
0.8,1,1,4" lln-spectral --q q.npy --k q.npy --mask mask.npy --sink 0 \
        --kernel softmax --double -q --precision 9 \
        --columns sigma1,stable_rank,rank90,columns90
}

@test "singular values of the table of singular values" {
    lln-spectral -n 300 -d 8 --trials 1 --kernel softmax --double -q \
        --singular 2 | column sigma > expected
    lln-spectral -n 300 -d 8 --trials 1 --kernel softmax --double -q \
        --columns sigma1,sigma2 > table
    { column sigma1 < table; column sigma2 < table; } |
        paste -d ' ' - expected | near 1e-12
}

@test "threads change no byte, nor does what else is printed" {
    set -- --layout hnd "$DATA/encoder.safetensors" -q \
        --kernel softmax,lln:alpha=2:beta=2
    lln-spectral "$@" --columns rank --threads 1 > one
    lln-spectral "$@" --columns rank --threads 2 | cmp - one
    lln-spectral "$@" --columns rank90,lambda2 > other
    equal rank90 "$(column rank90 < other)" "$(column rank90 < one)"
}

@test "averages over heads" {
    set -- -q --double --kernel softmax --columns rank --layout hnd \
        "$DATA/encoder.safetensors"
    lln-spectral "$@" > heads
    lln-spectral "$@" --aggregate all > mean
    column stable_rank < heads |
        awk -v mean="$(column stable_rank < mean)" '
            { sum += $1 } END { print sum / NR, mean }' | near 1e-5
}

@test "messages on missing values, once" {
    head -c 640 /dev/zero | npy q.npy '<f4' '(2, 20, 4)'
    run --separate-stderr lln-spectral --layout hnd --q q.npy --k q.npy \
        --softcap 3 --kernel softmax --columns head,logit_rank90,sigma1
    equal status "$status" 0
    equal stdout "$output" 'head,logit_rank90,sigma1
0,nan,1
1,nan,1'
    equal stderr "$(without_extent <<< "$stderr")" \
        'lln-spectral: 2 heads: logit ranks are printed as nan: logits with a cap or a bias are not a product of queries and keys'
}

@test "large P" {
    run --separate-stderr lln-spectral -n 2100 -d 4 --tau 0.1 --window 2 \
        --trials 1 --kernel softmax \
        --columns n,kernel,rank90,rank90_least,entropy_rank
    equal status "$status" 0
    equal missing "$(cut -d, -f3,5 <<< "${lines[1]}")" nan,nan
    equal stderr "$(cut -d: -f2-3 <<< "$stderr")" \
        ' 1 head: entropy_rank is printed as nan
 1 head: rank90 is printed as nan'
}

# The table of NOTES in lln-spectral(1), its first rows.
@test "the page's stable rank against the number of tokens" {
    local n
    for n in 512 1024; do
        lln-spectral -n $n --tau 1,0.5 --kernel softmax --trials 4 -q \
            --columns n,tau,sigma1,sigma2,stable_rank --format tsv \
            --precision 4 | sed 1d
    done | tr '\t' ' ' | sort > printed
    grep -E '^ *(512|1024) ' "$BATS_TEST_DIRNAME/../man/lln-spectral.1" |
        tr -s ' ' | sed 's/^ //' | sort > page
    diff printed page
}
