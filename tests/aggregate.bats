#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --aggregate: several heads in one row.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# of_encoder TOOL OPTION...: the table of the heads of the sample.
of_encoder() {
    local tool=$1
    shift
    "$tool" "$DATA/encoder.safetensors" --layout hnd --quiet "$@"
}

# of_layers AWK: what the awk program prints for layer 0, for layer 3 and for
# both, from the entropies of encoder.csv without a mask; x[1] and x[2] are the
# heads.
of_layers() {
    for layer in 0 3 '[03]'; do
        grep "^$layer,[01],0," "$DATA/encoder.csv" | cut -d, -f4 | awk '
            { x[NR] = $1; sum += $1 }
            END {
                low = high = x[1]
                for (i in x) {
                    if (x[i] < low) low = x[i]
                    if (x[i] > high) high = x[i]
                }
                print sum / NR, low, high
            }'
    done
}

@test "mean, smallest and largest entropy of layers and of all heads" {
    of_encoder lln-entropy --kernel softmax --aggregate layer > layers
    of_encoder lln-entropy --kernel softmax --aggregate all > whole
    equal rows "$(cut -d, -f2-4,7,8 layers whole)" \
        'layer,head,kernel,causal,samples
0,nan,softmax,0,2
3,nan,softmax,0,2
layer,head,kernel,causal,samples
nan,nan,softmax,0,4'
    equal source "$(column source < whole)" "$DATA/encoder.safetensors"
    for name in 1,entropy_nats 2,entropy_nats_min 3,entropy_nats_max; do
        paste -d ' ' <(column "${name#*,}" < layers &&
            column "${name#*,}" < whole) \
            <(of_layers | cut -d ' ' -f "${name%,*}") | near 1e-5
    done
}

@test "the header" {
    local columns='alpha beta sigma_q sigma_k target_value predicted achieved
        relative_error entropy_gap_nats max_exponent fp16_overflow bf16_overflow
        solution_count distance stated_error features_used'
    lln-match -n 16 -d 4 --aggregate all --no-spectrum > table
    equal header "$(head -n 1 table | cut -d, -f10-)" \
        "method,alpha,beta,sigma_q,sigma_k,target,target_value,predicted,achieved,relative_error,entropy_gap_nats,max_exponent,fp16_overflow,bf16_overflow,seed,status,solution,solution_count,distance,stated_error,features_used$(
            for name in $columns; do
                printf ',%s_min,%s_max' "$name" "$name"
            done
            for name in $columns; do
                printf ',%s_sd,%s_median' "$name" "$name"
            done
            for name in $columns; do
                printf ',%s_se' "$name"
            done)"
    equal samples "$(column samples < table)" 4
}

@test "the temperature is the mean over the heads" {
    of_encoder lln-entropy --kernel softmax | column tau |
        awk '{ sum += $1 } END { print sum / NR }' > mean
    of_encoder lln-entropy --kernel softmax --aggregate all | column tau |
        paste -d ' ' - mean | near 1e-5
}

@test "every temperature and kernel has its own row" {
    of_encoder lln-entropy --tau 0.5,2 --aggregate layer > layers
    equal rows "$(cut -d, -f2,4,8,9 layers)" \
        'layer,kernel,samples,tau
0,softmax,2,0.5
0,lln,2,0.5
0,softmax,2,2
0,lln,2,2
3,softmax,2,0.5
3,lln,2,0.5
3,softmax,2,2
3,lln,2,2'
    of_encoder lln-entropy --tau 2 --aggregate layer | tail -n +2 > two
    grep ',2,2,' layers | cmp - two
}

@test "a value that a head lacks is missing; text that is the same in all rows stays" {
    of_encoder lln-match --no-spectrum --aggregate all --columns all > table
    equal ratio "$(column lambda2_ratio < table)" nan
    equal least "$(column lambda2_ratio_min < table)" nan
    equal method "$(column method < table)" measured
    # One of the four heads has no alpha and beta.
    {
        echo source,layer,head,kernel,n,d,causal,tau,alpha,beta
        of_encoder lln-entropy --kernel softmax | awk -F, -v OFS=, 'NR > 1 {
            print $1, $2, $3, "lln", $5, $6, $7, $9, NR == 3 ? "nan" : 1, 1
        }'
    } > params
    of_encoder lln-entropy --kernel lln --params params --aggregate layer \
        > table
    equal missing "$(column entropy_nats < table | grep -n nan)" 1:nan
    equal least "$(column entropy_nats_min < table | grep -n nan)" 1:nan
    equal largest "$(column entropy_nats_max < table | grep -n nan)" 1:nan
}

@test "each trial counts as a head" {
    lln-entropy -n 32 -d 4 --kernel softmax --each > each
    for what in layer all head; do
        lln-entropy -n 32 -d 4 --kernel softmax --aggregate $what > table
        equal rows "$(cut -d, -f1-9 table | tail -n +2)" \
            gaussian,nan,nan,softmax,32,4,0,4,1
        equal least "$(column entropy_nats_min < table)" \
            "$(column entropy_nats < each | sort -g | head -n 1)"
        equal largest "$(column entropy_nats_max < table)" \
            "$(column entropy_nats < each | sort -g | tail -n 1)"
    done
}

# spread COLUMN < TABLE: mean, smallest, largest, standard deviation, median and
# standard error of a column, from their formulas.
spread() {
    column "$1" | sort -g | awk '
        { x[NR] = $1; sum += $1 }
        END {
            mean = sum / NR
            for (i = 1; i <= NR; i++) squares += (x[i] - mean) ^ 2
            sd = sqrt(squares / (NR - 1))
            median = (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2
            print mean, x[1], x[NR], sd, median, sd / sqrt(NR)
        }' | tr ' ' '\n'
}

# spread_of COLUMN < TABLE: the same values from the columns of the first row.
spread_of() {
    cat > spread
    for suffix in '' _min _max _sd _median _se; do
        column "$1$suffix" < spread | head -n 1
    done
}

@test "standard deviation, median and standard error" {
    of_encoder lln-entropy --kernel softmax > four
    of_encoder lln-entropy --kernel softmax --heads 0 > two
    of_encoder lln-entropy --kernel softmax --aggregate all > row4
    of_encoder lln-entropy --kernel softmax --heads 0 --aggregate all > row2
    for name in entropy_nats effective_keys max_logit; do
        paste -d ' ' <(spread_of $name < row4) <(spread $name < four) |
            near 1e-5
        paste -d ' ' <(spread_of $name < row2) <(spread $name < two) |
            near 1e-5
    done
    # Seven trials: an odd number.
    lln-entropy -n 16 -d 2 --trials 7 --kernel softmax --each > seven
    lln-entropy -n 16 -d 2 --trials 7 --kernel softmax --aggregate all > row
    paste -d ' ' <(spread_of entropy_nats < row) \
        <(spread entropy_nats < seven) | near 1e-5
    # As in the average of trials.
    equal error "$(column entropy_nats_se < row)" \
        "$(lln-entropy -n 16 -d 2 --trials 7 --kernel softmax |
            column entropy_nats_se)"
}

@test "one head has no standard deviation, even with standard errors over its rows" {
    of_encoder lln-entropy --kernel softmax --layers 0 --heads 1 --rows 9 \
        --aggregate all --columns 'entropy_nats*' > table
    equal header "$(head -n 1 table)" \
        entropy_nats,entropy_nats_min,entropy_nats_max,entropy_nats_sd,entropy_nats_median,entropy_nats_se
    tail -n 1 table | grep -Ex '([0-9.]+),\1,\1,nan,\1,nan'
    equal missing "$(of_encoder lln-match --no-spectrum --aggregate all \
        --columns 'lambda2_ratio_*' | tail -n 1)" nan,nan,nan,nan,nan
}

@test "bounds on aggregated values" {
    run --separate-stderr of_encoder lln-entropy --kernel softmax \
        --aggregate all --fail-above entropy_nats_sd=0.1
    equal status "$status" 3
    [[ $stderr == *': entropy_nats_sd is '*'; expected at most 0.1' ]]
    of_encoder lln-entropy --kernel softmax --aggregate all \
        --fail-above entropy_nats_se=9 --fail-below entropy_nats_median=0.1
    run --separate-stderr lln-entropy -n 8 --columns entropy_nats_median
    equal status "$status" 2
}

# batch FILE BATCH HEADS FROM: float16 values [BATCH, HEADS, 3, 2], counted up
# from FROM.
batch() {
    npy "$1" '<f2' "($2, $3, 3, 2)" \
        < <(seq "$4" 999 | tr -d '\n' | head -c $((12 * $2 * $3)))
}

@test "head: over batch entries and files" {
    batch qa.npy 3 2 12
    batch ka.npy 3 2 345
    batch qb.npy 3 2 198
    batch kb.npy 3 2 298
    lln-entropy --layout bhnd --q qa.npy --k ka.npy --kernel softmax,lln \
        --tau 1,2 > each
    lln-entropy --layout bhnd --q qa.npy --k ka.npy --kernel softmax,lln \
        --tau 1,2 --aggregate head > table
    equal rows "$(cut -d, -f1-4,5,6,8,9 table)" \
        'source,layer,head,kernel,n,d,samples,tau
qa.npy,nan,0,softmax,3,2,3,1
qa.npy,nan,0,lln,3,2,3,1
qa.npy,nan,0,softmax,3,2,3,2
qa.npy,nan,0,lln,3,2,3,2
qa.npy,nan,1,softmax,3,2,3,1
qa.npy,nan,1,lln,3,2,3,1
qa.npy,nan,1,softmax,3,2,3,2
qa.npy,nan,1,lln,3,2,3,2'
    paste -d ' ' <(grep -e source -e ',1,lln,3,2,0,3,2,' table |
        spread_of entropy_nats) <(grep -e source -e ',1,lln,3,2,0,1,2,' each |
        spread entropy_nats) | near 1e-5
    # Both files together: by the steps in their names, and all rows in one.
    mv qa.npy q1.npy
    mv ka.npy k1.npy
    mv qb.npy q2.npy
    mv kb.npy k2.npy
    lln-entropy --layout bhnd --q 'q{step}.npy' --k 'k{step}.npy' \
        --kernel softmax --aggregate head > table
    equal steps "$(cut -d, -f1-4,9 table)" 'source,step,layer,head,samples
q1.npy,1,nan,0,3
q1.npy,1,nan,1,3
q2.npy,2,nan,0,3
q2.npy,2,nan,1,3'
}

# texts FILE TOKENS FROM: q and k of two layers with one head each.
texts() {
    local bytes=$((4 * $2)) header='' at=0
    for name in 0.q 0.k 1.q 1.k; do
        header+="${header:+,}\"$name\":{\"dtype\":\"F16\",\"shape\":[$2,2],\"data_offsets\":[$at,$((at + bytes))]}"
        at=$((at + bytes))
    done
    safetensors "$1" "{$header}" < <(seq "$3" 999 | tr -d '\n' | head -c $at)
}

@test "head: over texts of several files" {
    texts a.st 5 11
    texts b.st 7 40
    texts c.st 5 99
    lln-entropy -q --kernel softmax a.st b.st c.st > each
    lln-entropy -q --kernel softmax --aggregate head a.st b.st c.st > table
    equal rows "$(cut -d, -f1-8 table)" \
        'source,layer,head,kernel,n,d,causal,samples
nan,0,nan,softmax,nan,2,0,3
nan,1,nan,softmax,nan,2,0,3'
    paste -d ' ' <(spread_of entropy_nats < table) \
        <(grep -e source -e '.st,0,' each | spread entropy_nats) | near 1e-5
    equal null "$(lln-entropy -q --aggregate head a.st b.st --format ndjson \
        --columns source,layer,n --kernel softmax | head -n 1)" \
        '{"source":null,"layer":0,"n":null}'
    run --separate-stderr lln-entropy -q --kernel softmax --aggregate head \
        a.st b.st --fail-above entropy_nats=0.01
    equal status "$status" 3
    [[ $stderr == 'lln-entropy: all files: layer 0, kernel softmax, '* ]]
    lln-entropy -q --diagnose --kernel softmax --aggregate head a.st c.st \
        > table
    equal diagnosis "$(cut -d, -f1-3,5,8 table)" 'source,layer,head,n,samples
nan,0,nan,5,2
nan,1,nan,5,2'
}

@test "kv-head: the query heads of one key head" {
    batch q.npy 2 6 12
    batch k.npy 2 2 71
    lln-entropy --layout bhnd --q q.npy --k k.npy --kernel softmax > each
    lln-entropy --layout bhnd --q q.npy --k k.npy --kernel softmax \
        --aggregate kv-head > table
    equal rows "$(cut -d, -f1-4,8 table)" 'source,layer,head,kernel,samples
q.npy[0],nan,0,softmax,3
q.npy[0],nan,1,softmax,3
q.npy[1],nan,0,softmax,3
q.npy[1],nan,1,softmax,3'
    paste -d ' ' <(spread_of entropy_nats < table) \
        <(grep -e source -e '\[0\],nan,[012],' each | spread entropy_nats) |
        near 1e-5
    # Heads that are not selected are left out.
    lln-entropy --layout bhnd --q q.npy --k k.npy --kernel softmax \
        --heads 2-3,5 --aggregate kv-head > table
    equal samples "$(column samples < table)" '1
2
1
2'
    # Arrays of single heads; the keys have their own head numbers.
    safetensors x.st "{$(
        for name in 0:0 1:12 2:24 3:36; do
            at=${name#*:}
            printf '"q%s":{"dtype":"F16","shape":[3,2],"data_offsets":[%d,%d]},' \
                "${name%:*}" "$at" $((at + 12))
        done
    )\"k5\":{\"dtype\":\"F16\",\"shape\":[3,2],\"data_offsets\":[48,60]},\"k7\":{\"dtype\":\"F16\",\"shape\":[3,2],\"data_offsets\":[60,72]}}" \
        < <(seq 12 999 | tr -d '\n' | head -c 72)
    lln-entropy --key-q 'q{head}' --key-k 'k{head}' --kernel softmax \
        --aggregate kv-head x.st > table
    equal numbers "$(cut -d, -f2,3,8 table)" 'layer,head,samples
nan,5,2
nan,7,2'
    lln-entropy --key-q 'q{head}' --key-k k5 --kernel softmax \
        --aggregate kv-head x.st > table
    equal one "$(cut -d, -f2,3,8 table)" 'layer,head,samples
nan,0,4'
}

@test "bad usage" {
    for what in heads '' kv_head layer,head; do
        refuses 2 "--aggregate: expected all, layer, kv-head or head, found '$what'" \
            lln-entropy --aggregate "$what"
    done
    refuses 2 '--aggregate kv-head cannot be used with sampled heads: they share no keys; use --aggregate all' \
        lln-entropy -n 8 --aggregate kv-head
    refuses 2 '--aggregate cannot be used with --per-row' \
        lln-entropy --aggregate all --per-row
    refuses 2 '--aggregate cannot be used with --eigenvalues' \
        lln-spectral --aggregate all --eigenvalues 3
    refuses 2 '--each cannot be used with --aggregate' \
        lln-entropy --each --aggregate all
}
