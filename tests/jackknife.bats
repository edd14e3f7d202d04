#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --jackknife: standard errors of one head.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# of_encoder TOOL OPTION...: the table of layer 0, head 1 of the sample.
of_encoder() {
    local tool=$1
    shift
    "$tool" "$DATA/encoder.safetensors" --layout hnd --layers 0 --heads 1 \
        --kernel softmax --quiet "$@"
}

# errors_near TOLERANCE NAME=VALUE... < TABLE: NAME_se is VALUE.
errors_near() {
    local tolerance=$1 pair
    shift
    cat > table
    for pair; do
        echo "$(column "${pair%%=*}_se" < table) ${pair#*=}"
    done | near "$tolerance"
}

# Expected: numpy in float64. For each of 20 groups floor(i 20 / 256), rows and
# columns of the other tokens of q k' / 8, a mask of numpy.tri(256) if causal, a
# softmax of each row, and the definitions of the page; then
# sqrt(19/20 ((x - x.mean())**2).sum()) of the 20 values.
@test "errors of the entropy and of ln P against numpy" {
    of_encoder lln-entropy --double --jackknife | errors_near 1e-9 \
        entropy_nats=0.012102248786157947 \
        entropy_normalized=0.002214173453347864 \
        effective_keys=0.015903754969819044 top1_mass=0.0035909337961095053 \
        entropy_over_log_n=0.002214173453347862 \
        entropy_over_ceiling=0.002214173453347849
    of_encoder lln-stats --double --jackknife 20 | errors_near 1e-9 \
        log_mean=0.15709069983585755 log_variance=0.8151185016314424 \
        log_variance_row=0.72747646105559 skewness=0.021436253471952292 \
        excess_kurtosis=0.05649066591635609 sigma_q=0.0056013799149550875 \
        sigma_k=0.006931645689703458
    of_encoder lln-entropy --double --jackknife=20 --causal |
        errors_near 1e-9 entropy_nats=0.03572129891659664 \
            entropy_normalized=0.007326125560431556 \
            effective_keys=0.07275587546017986 \
            top1_mass=0.012386615759920155 \
            entropy_over_log_n=0.006472747704671959 \
            entropy_over_ceiling=0.007879866308219779
    of_encoder lln-stats --jackknife --causal | errors_near 1e-4 \
        log_mean=0.11778803444253057 log_variance=0.7434581973821424 \
        log_variance_row=0.8777888476108424 skewness=0.013950023304542305 \
        excess_kurtosis=0.05765126246108589
}

@test "extremes and distances have no errors" {
    of_encoder lln-entropy --jackknife > table
    for name in entropy_min_nats entropy_max_nats max_logit row_sum_min \
        entropy_theory_nats; do
        equal $name "$(column ${name}_se < table)" nan
    done
    of_encoder lln-stats --jackknife > table
    for name in ks_distance wasserstein qq_correlation cross_variance; do
        equal $name "$(column ${name}_se < table)" nan
    done
}

@test "values, header and threads" {
    for tool in lln-entropy lln-stats; do
        of_encoder $tool --causal > plain
        of_encoder $tool --causal --jackknife --threads 1 > errors
        count=$(head -n 1 plain | tr , '\n' | wc -l)
        cut -d, -f "-$count" errors | cmp - plain
        equal header "$(head -n 1 errors | cut -d, -f "$((count + 1))-")" \
            "jackknife_groups,n_var,$(head -n 1 plain | cut -d, -f10- |
                sed 's/,/_se,/g; s/$/_se/')"
        equal groups "$(column jackknife_groups < errors)" 20
        of_encoder $tool --causal --jackknife --threads 2 | cmp - errors
    done
    # Heads at the same time, and one alone.
    lln-entropy --jackknife --each -n 40 -d 3 --trials 5 > five
    lln-entropy --jackknife --each -n 40 -d 3 --trials 1 > one
    head -n 3 five | cmp - one
    # Without the option the columns are there on request.
    equal missing "$(lln-stats -n 8 -d 2 --trials 1 --kernel softmax \
        --columns jackknife | head -n 1)" jackknife_groups,n_var
    equal groups "$(lln-entropy -n 8 -d 2 --trials 1 --kernel softmax \
        --columns jackknife_groups -q | tail -n 1)" nan
}

@test "the number of groups" {
    lln-entropy -n 30 -d 3 --trials 1 --kernel softmax --jackknife 7 > a
    lln-entropy -n 30 -d 3 --trials 1 --kernel softmax --jackknife=7 > b
    cmp a b
    equal groups "$(column jackknife_groups < a)" 7
    # No more groups than tokens; a file is not a number.
    lln-entropy -n 5 -d 3 --trials 1 --kernel softmax --jackknife > few
    equal groups "$(column jackknife_groups < few)" 5
    lln-entropy --jackknife "$DATA/encoder.safetensors" --layout hnd -q \
        --kernel softmax --columns id,jackknife_groups > table
    equal rows "$(wc -l < table)" 5
}

@test "a wrong number of groups" {
    for wrong in 1 1001; do
        refuses 2 "--jackknife: '$wrong' is out of range; expected a whole number from 2 to 1000" \
            lln-stats --jackknife $wrong
    done
    refuses 2 "--jackknife: 'x' is not a whole number; expected a whole number from 2 to 1000" \
        lln-stats --jackknife=x
    refuses 2 '--jackknife is given twice' \
        lln-stats --jackknife 3 --jackknife 3
}

# Without any one of n tokens, the entropy of uniform rows is ln(n - 1).
@test "rows that are all equal, and a single query" {
    lln-entropy -n 12 -d 2 --sigma-q 1e-30 --sigma-k 1e-30 --trials 1 \
        --kernel softmax --jackknife 12 --double > table
    equal error "$(column entropy_nats_se < table)" 0
    lln-entropy -n 1 -d 2 --trials 1 --kernel softmax --jackknife > table
    equal error "$(column entropy_nats_se < table)" nan
    equal value "$(column entropy_nats < table)" 0
    equal tokens "$(column n_var < table)" nan
    run --separate-stderr lln-entropy -n 1 -d 2 --trials 1 --kernel \
        softmax --jackknife --columns id,jackknife
    equal status "$status" 0
    equal group "${lines[0]##*tau,}" jackknife_groups,n_var
    equal reason "$stderr" "$(printf '%s' 'lln-entropy: gaussian: head 0, tau 1: --jackknife: no ' \
        'standard errors: there is only one token')"
}

@test "what has other errors, or none, is refused" {
    refuses 2 '--jackknife cannot be used with --rows: --rows has its own standard errors, which describe the choice of rows; omit one of the two options' \
        lln-entropy --jackknife --rows 5 --each
    refuses 2 '--jackknife cannot be used with --aggregate: the standard error of an average comes from the spread between heads' \
        lln-stats --jackknife --aggregate all
    refuses 2 '--jackknife needs --each or --trials 1 for sampled heads: the standard error of an average comes from the spread between trials' \
        lln-entropy --jackknife
    refuses 2 "kernel 'elu' does not support --jackknife; expected one of softmax, lln, tempscale, blockdiag, window" \
        lln-entropy --jackknife --each --kernel softmax,elu
    refuses 2 "kernel 'lln:alpha=1:beta=1:eps=0' does not support --jackknife; expected one of softmax, lln, tempscale, blockdiag, window" \
        lln-stats --jackknife --each --kernel lln:alpha=1:beta=1:eps=0
    for option in --per-row --diagnose --by-position; do
        refuses 2 "--jackknife cannot be used with $option" \
            lln-entropy --jackknife $option
    done
    for option in '--histogram 3' '--qq 3' --normality --fenton; do
        # shellcheck disable=SC2086 # words
        refuses 2 "--jackknife cannot be used with ${option%% *}" \
            lln-stats --jackknife $option
    done
    refuses 2 '--jackknife cannot be used for eigenvalues, which do not change smoothly with the tokens; use the spread over --trials or texts (--aggregate)' \
        lln-spectral --jackknife
}

# The same keys, hidden by a mask in a file and by --causal; in a row of a tile,
# hidden keys are removed.
@test "a mask in a file" {
    awk 'BEGIN {
        for (i = 0; i < 64; i++)
            for (j = 0; j < 64; j++) printf "%d", j <= i
    }' | tr 01 '\000\001' | npy mask.npy '|b1' '(64, 64)'
    local heads=(--q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy"
        --layout nd --kernel softmax --jackknife --double -q)
    for tool in lln-entropy lln-stats; do
        $tool "${heads[@]}" --causal > causal
        $tool "${heads[@]}" --mask mask.npy > hidden
        for name in entropy_nats_se top1_mass_se log_variance_row_se \
            log_mean_se; do
            head -n 1 causal | grep -qw $name || continue
            paste -d ' ' <(column $name < hidden) <(column $name < causal) |
                near 1e-12
        done
    done
}

@test "bounds on errors" {
    run --separate-stderr of_encoder lln-entropy --jackknife \
        --fail-above entropy_nats_se=0.001
    equal status "$status" 3
    of_encoder lln-entropy --jackknife --fail-above entropy_nats_se=0.1
}
