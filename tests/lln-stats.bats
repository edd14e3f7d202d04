#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-stats: what it prints, and that the values are correct.
# shellcheck disable=SC2001,SC2034,SC2154 # helper.bash reads and sets variables
load helper

identity=source,layer,head,kernel,n,d,causal,samples,tau
summary=sigma_q,sigma_k,cross_variance,log_mean,log_variance,log_variance_row
summary=$summary,log_mean_theory,log_variance_theory,log_variance_row_theory
summary=$summary,skewness,excess_kurtosis,ks_distance,wasserstein
summary=$summary,qq_correlation

# of_case CASE OPTION...: the table of a reference case.
of_case() {
    local name=$1
    shift
    lln-stats --q "$CASES/case_${name}_Q.npy" \
        --k "$CASES/case_${name}_K.npy" "$@"
}

# moments CASE ALPHA BETA: tests both kernels in both precisions. Case E has
# logits of several hundred, where float32 keeps fewer digits.
moments() {
    local loose=1e-5 columns shape
    [ "$1" != E ] || loose=1e-3
    columns="log_mean=mu_all log_variance=D1_var_all_ddof0
        log_variance_row=D2_within_row_ddof1"
    shape="skewness=skew_all excess_kurtosis=exkurt_all ks_distance=KS_D_all
        wasserstein=W1_over_sd_all qq_correlation=QQcorr_all"
    # shellcheck disable=SC2086
    for kernel in softmax "lln:alpha=$2:beta=$3"; do
        of_case "$1" --kernel "$kernel" --double > double
        case_near 1e-12 "$1" "${kernel%%:*}" $columns < double
        case_near 1e-9 "$1" "${kernel%%:*}" $shape < double
        of_case "$1" --kernel "$kernel" |
            case_near $loose "$1" "${kernel%%:*}" $columns
    done
}

@test "the header" {
    run --separate-stderr lln-stats -n 8 -d 2
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal header "${lines[0]}" \
        "$identity,$summary,$(sed 's/,\|$/_se&/g' <<< "$summary")"
    equal rows "${#lines[@]}" 3
}

@test "case A" {
    moments A 1.1 1.4
    of_case A --kernel softmax --double | case_near 1e-12 A data \
        sigma_q=sigma_q_ddof1 sigma_k=sigma_k_ddof1
    of_case A --kernel softmax --double | case_near 1e-10 A data \
        'cross_variance=C_cross_hat=D2-sq2sk2'
    of_case A --kernel softmax --double --causal |
        case_near 1e-12 A softmax_causal \
            'log_variance_row=mean_within_row_var_ddof1_rows_i>=1'
}

@test "case B" {
    moments B 1 1
}

@test "case C" {
    moments C 0.8 0.9
}

@test "case E" {
    moments E 1 1
}

@test "heads of a trained encoder" {
    for mask in '' --causal; do
        # shellcheck disable=SC2086
        lln-stats "$DATA/encoder.safetensors" --layout hnd \
            --kernel softmax $mask > table
        grep "^[^,]*,[^,]*,$([ "$mask" ] && echo 1 || echo 0)," \
            "$DATA/encoder.csv" > expected
        for name in 7,log_mean 8,log_variance 9,log_variance_row; do
            paste -d ' ' <(column "${name#*,}" < table) \
                <(cut -d, -f"${name%,*}" expected) | near 1e-5
        done
        # the skewness of one head is 0 to three digits
        for name in 10,skewness 11,excess_kurtosis; do
            paste -d ' ' <(column "${name#*,}" < table) \
                <(cut -d, -f"${name%,*}" expected) | near 1e-3
        done
    done
}

@test "tau is measured, and can be set" {
    of_case A --kernel softmax --double |
        case_near 1e-12 A softmax tau=tau_hat_1_over_sqrtD2
    of_case A --kernel softmax --double --tau 0.5 | column log_variance_row |
        sed 's/$/ 4/' | near 1e-12
}

@test "sampled softmax agrees with theory" {
    # the expectation of D2 is sigma^2 = 4
    lln-stats --tau 0.5 --kernel softmax > table
    column log_variance_row_theory < table | sed 's/$/ 4/' | near 1e-12
    for name in log_mean log_variance log_variance_row; do
        paste -d ' ' <(column $name < table) <(column ${name}_theory < table) \
            <(column ${name}_se < table) |
            awk '{ z = ($1 - $2) / $3; print; exit !(z > -3 && z < 3) }'
    done
}

@test "--histogram" {
    run --separate-stderr lln-stats -n 64 -d 8 --trials 1 --each \
        --kernel softmax --histogram 12
    equal status "$status" 0
    equal header "${lines[0]}" \
        "$identity,bin,z_low,z_high,density,normal_density,z_middle"
    equal rows "${#lines[@]}" 13
    for name in density normal_density; do
        column $name <<< "$output" | awk '{ sum += $1 }
            END { print sum, 1 }' | near 1e-3
    done
    # Phi(1) - Phi(0)
    column normal_density <<< "$output" | sed -n '7s/$/ 0.341344746068543/p' |
        near 1e-12
}

@test "--qq" {
    run --separate-stderr lln-stats -n 64 -d 8 --trials 1 --each \
        --kernel softmax --qq 4
    equal status "$status" 0
    equal header "${lines[0]}" "$identity,point,normal_quantile,quantile"
    equal rows "${#lines[@]}" 5
    # Phi^-1(0.875)
    column normal_quantile <<< "$output" | sed -n '4s/$/ 1.15034938037601/p' |
        near 1e-12
}

@test "--fenton" {
    run --separate-stderr lln-stats --fenton --s2 4
    equal status "$status" 0
    equal header "${lines[0]}" \
        d,s2,exact_mean,exact_variance,fenton_mean,fenton_variance,variance_error,log_variance_row,log_variance,fenton_row_variance,paper_line
    # d = 64: mean and variance of ln S, D2 and D1 by quadrature in numpy;
    # ln(1 + (e^4 - 1)/64); 0.14855178 * 4 - 0.35487039
    paste -d ' ' <(cut -d, -f3,4,6,8,9,11 <<< "${lines[1]}" | tr , '\n') \
        <(printf '%s\n' 5.999561 0.265504 0.608390221 0.20076 0.20237 \
            0.23933673) | near 3e-5
}

# columns NAME...: columns of standard input beside each other.
columns() {
    cat > all_columns
    local name
    for name in "$@"; do
        column "$name" < all_columns > "of_$name"
    done
    paste -d ' ' "${@/#/of_}"
}

@test "the group fenton: the plain formulas, and their errors" {
    local group own row
    own=fenton_log_mean,fenton_log_variance,fenton_log_mean_error
    own=$own,fenton_log_variance_error,fenton_log_mean_theory_error
    own=$own,fenton_log_variance_theory_error
    row=${own//fenton_/fenton_row_}
    group=$(lln-stats -n 8 -d 2 --each --columns fenton | head -n 1)
    equal group "$group" "$own,$row"
    of_case A --kernel lln:alpha=1.1:beta=1.4 --columns default,fenton \
        --double > table
    # 64 tokens, 8 features
    columns sigma_q sigma_k log_mean log_variance log_variance_row \
        fenton_log_mean fenton_log_variance fenton_log_mean_error \
        fenton_log_variance_error fenton_row_log_mean \
        fenton_row_log_variance fenton_row_log_mean_error \
        fenton_row_log_variance_error < table | awk '{
            a2 = (1.1 * $1) ^ 2; b2 = (1.4 * $2) ^ 2
            sum = log(1 + (exp(a2 + b2) - 1) / 8)
            row = log(1 + (exp(b2) - 1) * exp(a2) / 8)
            printf "%.17g %.17g\n", $6, -log(64) - sum / 2
            printf "%.17g %.17g\n", $7, sum
            printf "%.17g %.17g\n", $8, $6 - $3
            printf "%.17g %.17g\n", $9, $7 / $4 - 1
            printf "%.17g %.17g\n", $10, -log(64) - row / 2
            printf "%.17g %.17g\n", $11, row
            printf "%.17g %.17g\n", $12, $10 - $3
            printf "%.17g %.17g\n", $13, $11 / $5 - 1 }' | near 1e-12
    columns log_mean_theory log_variance_theory log_variance_row_theory \
        fenton_log_mean fenton_log_variance fenton_log_mean_theory_error \
        fenton_log_variance_theory_error fenton_row_log_variance \
        fenton_row_log_variance_theory_error < table | awk '{
            printf "%.17g %.17g\n", $6, $4 - $1
            printf "%.17g %.17g\n", $7, $5 / $2 - 1
            printf "%.17g %.17g\n", $9, $8 / $3 - 1 }' | near 1e-12
}

@test "the group fenton: where it is accurate, and where it has no values" {
    local two=fenton_log_mean,fenton_row_log_variance_error
    # within 5 % of D2 for a2 + b2 < 0.94 at d = 64
    lln-stats --sigma-q 0.3 --sigma-k 0.3 --kernel lln:alpha=1:beta=1 \
        --columns 'fenton_row*' > table
    column fenton_row_log_variance_theory_error < table |
        awk '{ print; exit !($1 > -0.05 && $1 < 0.05) }'
    lln-stats -n 32 -d 4 --kernel softmax --each --trials 1 --columns $two > a
    lln-stats -n 32 -d 4 --kernel lln --causal --each --trials 1 \
        --columns $two > b
    equal softmax "$(cat a)" "$two"$'\nnan,nan'
    equal causal "$(cat b)" "$two"$'\nnan,nan'
}

@test "--fenton interrupted: finished rows are kept" {
    run --separate-stderr timeout -s INT --preserve-status 1 \
        lln-stats --fenton --s2 0.25:25:100000 -d 512 -o out.csv
    equal status "$status" 130
    [[ $stderr =~ ^'lln-stats: interrupted: '([0-9]+)' of 100000 rows written to out.csv.partial'$ ]]
    equal rows "$(tail -n +2 out.csv.partial | wc -l)" "${BASH_REMATCH[1]}"
    equal whole "$(tail -n 1 out.csv.partial | tr -cd , | wc -c)" 10
}

@test "only one table can be asked for" {
    refuses 2 '--qq cannot be used with --histogram' \
        lln-stats --histogram 8 --qq 8
    refuses 2 '--s2 needs --fenton' lln-stats --s2 1
    refuses 2 '--q cannot be used with --fenton' \
        lln-stats --fenton --q q.npy --k k.npy
    refuses 2 "--histogram: '0' is out of range; expected a whole number from 1 to 100000" \
        lln-stats --histogram 0
}

@test "--rows where all rows are needed" {
    refuses 2 '--rows cannot be used with --normality: all rows are needed' \
        lln-stats --normality --rows 8
}

@test "one token has no log-variance" {
    run --separate-stderr lln-stats -n 1 -d 2 --kernel softmax
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal variances "$(cut -d, -f14,15 <<< "${lines[1]}")" nan,nan
}

@test "a bad file" {
    cp "$CASES/case_A_K.npy" k.npy
    echo no > q.npy
    files_before=$(ls -A)
    refuses 1 'q.npy: not a .npy, .npz or .safetensors file' \
        lln-stats --q q.npy --k k.npy -o out.csv
}

# Both precisions at a size at which a script would still build the matrix. Both
# see the same 67 million entries; single entries change KS.
@test "float32 agrees with --double to 1e-5 over temperatures" {
    lln-stats -n 8192 --trials 1 --tau 0.2,5 --kernel softmax > single
    lln-stats -n 8192 --trials 1 --tau 0.2,5 --kernel softmax --double > double
    for name in log_mean log_variance log_variance_row skewness \
        excess_kurtosis wasserstein qq_correlation; do
        paste -d ' ' <(column $name < single) <(column $name < double)
    done | near 1e-5
    paste -d ' ' <(column ks_distance < single) <(column ks_distance < double) |
        near 1e-6 absolute
}
