#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Curves over training: {step} in names, in all tools, and steps that lack a
# file.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# Cases A, C and E as three checkpoints of one head: steps 9, 10 and 200.
checkpoints() {
    local pair
    for pair in A:10 C:9 E:200; do
        cp "$CASES/case_${pair%:*}_Q.npy" "q_${pair#*:}.npy"
        cp "$CASES/case_${pair%:*}_K.npy" "k_${pair#*:}.npy"
    done
}

# of_steps TOOL OPTION...: its table of the checkpoints.
of_steps() {
    local tool=$1
    shift
    "$tool" --layout nd --q 'q_{step}.npy' --k 'k_{step}.npy' --quiet "$@"
}

# expected COLUMN ATTENTION=QUANTITY: pairs of the column and cases_scalars.csv,
# in the order of the steps.
expected() {
    paste -d ' ' <(column "$1" < table) <(for name in C A E; do
        grep "^$name,${2/=/,}," "$CASES/cases_scalars.csv" | cut -d, -f4
    done)
}

@test "a curve: moments, temperature, entropy, alpha and beta by step" {
    checkpoints
    of_steps lln-stats --kernel softmax --double > table
    equal steps "$(column step < table | paste -sd ' ')" '9 10 200'
    expected sigma_q data=sigma_q_ddof1 | near 1e-12
    expected sigma_k data=sigma_k_ddof1 | near 1e-12
    expected tau softmax=tau_hat_1_over_sqrtD2 | near 1e-12
    expected log_variance softmax=D1_var_all_ddof0 | near 1e-12
    expected log_variance_row softmax=D2_within_row_ddof1 | near 1e-12
    of_steps lln-entropy --kernel softmax --double > table
    equal steps "$(column step < table | paste -sd ' ')" '9 10 200'
    expected entropy_nats softmax=mean_entropy_nats | near 1e-12
    of_steps lln-match --method paper > table
    equal steps "$(column step < table | paste -sd ' ')" '9 10 200'
    paste -d ' ' <(column alpha < table | head -n 2) <(for name in C A; do
        grep "^$name,official," "$CASES/cases_matching.csv" | cut -d, -f5
    done) | near 1e-12
}

@test "errors of each step" {
    checkpoints
    of_steps lln-entropy --kernel softmax --jackknife > several
    for step in 9 10 200; do
        lln-entropy --layout nd --q q_$step.npy --k k_$step.npy --quiet \
            --kernel softmax --jackknife > alone
        awk -F, -v step=$step 'NR > 1 && $2 == step' several |
            cut -d, -f3- | cmp - <(tail -n +2 alone | cut -d, -f2-)
    done
}

# layers STEP LAYER...: the encoder as layers of a step.
layers() {
    local step=$1 layer
    shift
    mkdir -p "$step"
    for layer; do
        cp "$DATA/encoder.safetensors" "$step/$layer.st"
    done
}

@test "a step that lacks a layer is named" {
    layers 5 0 1
    layers 10 0
    layers 200 0 1
    local of=(lln-entropy --layout hnd --key-q layers.0.q --key-k layers.0.k
        --kernel softmax '{step}/{layer}.st' --aggregate layer
        --columns 'step,layer,samples')
    run --separate-stderr "${of[@]}"
    equal status "$status" 0
    equal stderr "$(grep 'no file' <<< "$stderr")" \
        "lln-entropy: '{step}/{layer}.st': no file for step 10, layer 1; other steps have one"
    equal rows "$output" 'step,layer,samples
5,0,2
5,1,2
10,0,2
200,0,2
200,1,2'
    rm 5/0.st
    run --separate-stderr "${of[@]}"
    equal stderr "$(grep 'no file' <<< "$stderr")" \
        "lln-entropy: '{step}/{layer}.st': no file for step 5, layer 0, nor for 1 more; other steps have one"
    # Also if all files of the step are left out.
    run --separate-stderr "${of[@]}" --layers 1
    equal stderr "$(grep 'no file' <<< "$stderr")" \
        "lln-entropy: '{step}/{layer}.st': no file for step 5, layer 0, nor for 1 more; other steps have one"
    rm -r 10 5
    run --separate-stderr "${of[@]}"
    equal stderr "$(grep -c 'no file' <<< "$stderr")" 0
}

@test "spread over the heads of each step, with standard errors" {
    layers 5 0
    layers 10 0
    lln-stats --layout hnd --key-q layers.3.q --key-k layers.3.k --quiet \
        --kernel softmax '{step}/{layer}.st' --aggregate layer > table
    lln-stats --layout hnd --key-q layers.3.q --key-k layers.3.k --quiet \
        --kernel softmax 5/0.st > heads
    equal steps "$(column step < table | paste -sd ' ')" '5 10'
    for name in sigma_q log_variance_row; do
        column $name < heads | awk '
            { x[NR] = $1; sum += $1 }
            END {
                mean = sum / NR
                for (i in x) squares += (x[i] - mean)^2
                sd = sqrt(squares / (NR - 1))
                printf "%.17g %.17g %.17g\n", mean, sd, sd / sqrt(NR)
            }' > spread
        for part in ,1 _sd,2 _se,3; do
            echo "$(column "$name${part%,*}" < table | head -n 1)" \
                "$(cut -d ' ' -f "${part#*,}" spread)"
        done | near 1e-9
    done
}

@test "a picture of the tables" {
    layers 5 0 1
    layers 10 0 1
    layers 200 0 1
    local of=(--layout hnd --key-q layers.3.q --key-k layers.3.k --quiet
        --aggregate layer '{step}/{layer}.st')
    lln-stats "${of[@]}" --kernel softmax -o moments.csv
    lln-match "${of[@]}" --method measured --no-spectrum -o matched.csv
    lln-entropy "${of[@]}" --kernel softmax -o entropy.csv
    local table y
    while read -r table y; do
        lln-plot "$table.csv" --y "$y" > "$table.svg"
        grep -q '>layer 1<' "$table.svg"
        grep -q '>training step<' "$table.svg"
    done << 'END'
moments sigma_q,sigma_k,log_variance_row
matched alpha,beta
entropy entropy_nats
END
}
