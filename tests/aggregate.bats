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

# of_layers AWK: what the program prints of the layers 0, 3 and of both, from
# the entropies of encoder.csv, without a mask; x[1] and x[2] are the heads.
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

@test "mean, least and largest entropy of layers and of all heads" {
    of_encoder lln-entropy --kernel softmax --aggregate layer > layers
    of_encoder lln-entropy --kernel softmax --aggregate all > whole
    equal rows "$(cut -d, -f2-4,7,8 layers whole)" \
        'layer,head,kernel,causal,samples
0,nan,softmax,0,2
3,nan,softmax,0,2
layer,head,kernel,causal,samples
nan,nan,softmax,0,4'
    equal source "$(column source < whole)" "$DATA/encoder.safetensors"
    for figure in 1,entropy_nats 2,entropy_nats_min 3,entropy_nats_max; do
        paste -d ' ' <(column "${figure#*,}" < layers &&
            column "${figure#*,}" < whole) \
            <(of_layers | cut -d ' ' -f "${figure%,*}") | near 1e-5
    done
}

@test "the header: least and largest in place of standard errors" {
    lln-match -n 16 -d 4 --aggregate all --no-spectrum > table
    equal header "$(head -n 1 table | cut -d, -f10-)" \
        "method,alpha,beta,sigma_q,sigma_k,target,target_value,predicted,achieved,relative_error,entropy_gap_nats,lambda2_ratio,max_exponent,fp16_overflow,bf16_overflow,seed$(
            for name in alpha beta sigma_q sigma_k target_value predicted \
                achieved relative_error entropy_gap_nats lambda2_ratio \
                max_exponent fp16_overflow bf16_overflow; do
                printf ',%s_min,%s_max' "$name" "$name"
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

@test "a figure that is not there is missing; text that is the same stays" {
    of_encoder lln-match --no-spectrum --aggregate all > table
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

@test "trials are heads too" {
    lln-entropy -n 32 -d 4 --kernel softmax --each > each
    for what in layer all; do
        lln-entropy -n 32 -d 4 --kernel softmax --aggregate $what > table
        equal rows "$(cut -d, -f1-9 table | tail -n +2)" \
            gaussian,nan,nan,softmax,32,4,0,4,1
        equal least "$(column entropy_nats_min < table)" \
            "$(column entropy_nats < each | sort -g | head -n 1)"
        equal largest "$(column entropy_nats_max < table)" \
            "$(column entropy_nats < each | sort -g | tail -n 1)"
    done
}

@test "bad usage" {
    refuses 2 "--aggregate: 'head' is neither layer nor all" \
        lln-entropy --aggregate head
    refuses 2 '--aggregate cannot be used with per-row tables' \
        lln-entropy --aggregate all --per-row
    refuses 2 '--aggregate cannot be used with per-row tables' \
        lln-spectral --aggregate all --eigenvalues 3
    refuses 2 '--each: --aggregate puts heads together' \
        lln-entropy --each --aggregate all
}
