#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-stats --normality: distances from normal, effective numbers of values, and
# tests of normality.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

identity=source,layer,head,kernel,n,d,causal,samples,tau
# words: allow a column that is called deviation
effects=entries,mean,deviation,skewness,excess_kurtosis,ks_distance,wasserstein
effects=$effects,qq_correlation
tokens=n_mean,n_var,effective_features,effective_values,thin,tested_tokens
p_values=lilliefors_p,anderson_p,shapiro_p,francia_p,dagostino_p,jarque_p
tests=lilliefors_d,lilliefors_p,anderson_a2,anderson_p,shapiro_w,shapiro_p
tests=$tests,francia_w,francia_p,dagostino_k2,dagostino_p,jarque_jb,jarque_p
adjusted=${p_values//_p/_p_adjusted}

# of_case CASE OPTION...: the table of a reference case.
of_case() {
    local name=$1
    shift
    lln-stats --normality --q "$CASES/case_${name}_Q.npy" \
        --k "$CASES/case_${name}_K.npy" "$@"
}

# values ROW COLUMN=VALUE... < TABLE: row ROW has these values.
values() {
    local row=$1 pair
    shift
    cat > table
    for pair in "$@"; do
        echo "$(column "${pair%%=*}" < table | sed -n "${row}p") ${pair#*=}"
    done
}

@test "columns: distances precede tests" {
    run --separate-stderr of_case A
    equal status "$status" 0
    equal header "${lines[0]}" \
        "$identity,matrix,$effects,$tokens,$tests,p_status,tested_features"
    equal matrices "$(tail -n +2 <<< "$output" | cut -d, -f10,11)" 'q,512
k,512'
    # words: allow a column that is called deviation
    case_near 1e-6 A data mean=mean_q deviation=sigma_q_ddof1 <<< "$output"
}

@test "--per-feature: columns and rows" {
    run --separate-stderr of_case A --per-feature
    equal status "$status" 0
    equal header "${lines[0]}" \
        "$identity,matrix,feature,$effects,$tokens,$tests,p_status,$adjusted,tested_features"
    equal rows "$(tail -n +2 <<< "$output" | cut -d, -f10-12)" "$(
        for matrix in q k; do
            for feature in 0 1 2 3 4 5 6 7; do
                echo $matrix,$feature,64
            done
        done)"
}

# numpy and scipy 1.10, the formulas of src/measure/normality_tests.h and
# shapiro.h for x = K[::2, j] of case C: the smallest p times 16; j = 3.
@test "tests of every second token" {
    of_case C --thin 2 | values 2 n_mean=123.596279074 n_var=127.58442607 \
        effective_features=11.4494579144 effective_values=1460.77251682 \
        thin=2 tested_tokens=64 \
        lilliefors_d=0.167474827206102 lilliefors_p=0.0019574086168142 \
        anderson_a2=1.43468793456375 anderson_p=0.0152131076618098 \
        shapiro_w=0.943761375063913 shapiro_p=0.0913247691528557 \
        francia_w=0.944116896428932 francia_p=0.121667466013909 \
        dagostino_k2=7.16239680237021 dagostino_p=0.445476991911763 \
        jarque_jb=8.09783644056305 jarque_p=0.279059712143154 | near 1e-9
    of_case C --per-feature --thin 2 | values 20 entries=128 thin=2 \
        lilliefors_d=0.0656810559761234 lilliefors_p=0.706098913696517 \
        anderson_a2=0.265806295227861 anderson_p=0.680928707463412 \
        shapiro_w=0.984620081013686 shapiro_p=0.608479212543534 \
        francia_w=0.98731374147102 francia_p=0.662729429628239 \
        dagostino_k2=1.0451897207242 dagostino_p=0.592979849978386 \
        jarque_jb=0.986904758465301 jarque_p=0.610515022269142 | near 1e-9
}

# numpy 1.24: autocovariances by numpy.fft, numpy.cov.
@test "effective numbers of a trained model" {
    lln-stats --normality --quiet --layout hnd "$DATA/encoder.safetensors" |
        tee all | column n_var | paste -d ' ' - <(printf '%s\n' 220.101424 \
            127.339569 149.944028 130.571828 255.654521 246.988834 247.901364 \
            222.940037) | near 1e-8
    column n_mean < all | paste -d ' ' - <(printf '%s\n' 149.198773 90.9395557 \
        107.69961 95.5037801 244.987444 188.437032 205.045844 156.733475) |
        near 1e-8
    column effective_values < all | paste -d ' ' - <(printf '%s\n' 3171.35902 \
        2630.85127 3021.54069 2421.0873 1900.41052 1957.51793 2253.57978 \
        2015.87659) | near 1e-8
    lln-stats --normality --quiet --layout hnd --per-feature \
        "$DATA/encoder.safetensors" > parts
    column n_var < parts | awk 'NR <= 64 && $1 >= 20 {
        k = int(256 / $1) + (256 % $1 > 0); if (k > most) most = k; n++ }
        END { print most; print n }' > expected
    equal steps "$(column thin < all | head -n 1)
$(column tested_features < all | head -n 1)" "$(cat expected)"
}

@test "the p-value of a matrix is the smallest adjusted one of its features" {
    local file=(--quiet --layout hnd "$DATA/encoder.safetensors" --layers 3)
    lln-stats --normality "${file[@]}" > whole
    lln-stats --normality --per-feature "${file[@]}" > parts
    for name in ${p_values//,/ }; do
        column "${name}_adjusted" < parts | awk '
            { if (NR % 64 == 1 || $1 < least) least = $1 + 0 }
            NR % 64 == 0 { printf "%.17g\n", least }' > least
        paste -d ' ' <(column "$name" < whole) least | near 1e-12
    done
}

# q: 60 tokens; feature 0 is constant, feature 1 rises steadily, feature 2 is a
# cycle of 7 values. k: 3 tokens.
@test "why p-values are missing" {
    numbers() {
        awk -v tokens="$1" 'BEGIN { for (i = 0; i < tokens; i++)
            print 2, i, 50 * (i * i % 7) }'
    }
    # Small whole numbers as float16: sign, exponent, mantissa.
    halves() {
        awk '{ for (j = 1; j <= 3; j++) {
            x = $j; e = 0
            while (x >= 2) { x /= 2; e++ }
            bits = $j ? (e + 15) * 1024 + int((x - 1) * 1024) : 0
            printf "\\%03o\\%03o", bits % 256, int(bits / 256) } }'
    }
    # shellcheck disable=SC2059 # bytes
    printf "$(numbers 60 | halves)" | npy q.npy '<f2' '(60, 3)'
    # shellcheck disable=SC2059
    printf "$(numbers 3 | halves)" | npy k.npy '<f2' '(3, 3)'
    local of=(lln-stats --normality --q q.npy --k k.npy --quiet)
    equal matrices "$("${of[@]}" --columns matrix,p_status,tested_features)" \
        'matrix,p_status,tested_features
q,some,1
k,few,0'
    equal features "$("${of[@]}" --per-feature --columns \
        matrix,feature,p_status | sed -n 2,4p)" 'q,0,constant
q,1,few
q,2,ok'
    equal features "$("${of[@]}" --thin 1 --per-feature --columns \
        matrix,feature,p_status | tail -n +2)" 'q,0,constant
q,1,ok
q,2,ok
k,0,constant
k,1,few
k,2,few'
    "${of[@]}" --thin 1 --per-feature > table
    equal distances "$(column ks_distance < table | sed -n 1p)" nan
    # Three equidistant values: W = 1.
    column shapiro_w < table | sed -n '5s/$/ 1/p' | near 1e-12
    equal json "$("${of[@]}" --columns matrix,anderson_p --format ndjson |
        tail -n 1)" '{"matrix":"k","anderson_p":null}'
}

@test "more than 5000 tokens" {
    run --separate-stderr lln-stats --normality -n 6000 -d 1 --trials 1 \
        --thin 1 --columns tested_tokens,shapiro_w,francia_p,p_status
    equal status "$status" 0
    equal row "${lines[1]}" 6000,nan,nan,many
    run --separate-stderr lln-stats --normality -n 6000 -d 1 --trials 1 \
        --thin 2 --columns tested_tokens,p_status
    equal row "${lines[1]}" 3000,ok
}

# 200 heads with 8 features: 5 percent of the p-values are below 0.05, with a
# standard error of 1.1 percent over 400 matrices.
@test "sampled heads are rejected as often as stated" {
    lln-stats --normality -n 200 -d 8 --trials 200 --each --thin 1 --tau 1 \
        > table
    for name in lilliefors_p anderson_p shapiro_p francia_p; do
        echo "$(column $name < table |
            awk '$1 < 0.05 { n++ } END { print n / NR }') 0.05"
    done | near 0.044 absolute
}

@test "a bound on a p-value" {
    run --separate-stderr of_case C --thin 2 --fail-below lilliefors_p=0.001 \
        --columns matrix
    equal status "$status" 0
    run --separate-stderr of_case C --thin 2 --fail-below lilliefors_p=0.01 \
        --columns matrix
    equal status "$status" 3
    [[ $stderr == *'lilliefors_p is 0.001957'*'; expected at least 0.01' ]]
}

@test "bad usage" {
    refuses 2 '--thin needs --normality' lln-stats --thin 2
    refuses 2 '--thin needs --normality' lln-stats --qq 3 --thin 2
    refuses 2 '--per-feature needs --normality' lln-stats --per-feature
    refuses 2 "--thin: '0' is out of range; expected a whole number from 1 to 1000000000" \
        lln-stats --normality --thin 0
    refuses 2 '--rows cannot be used with --normality: all rows are needed' \
        lln-stats --normality --per-feature --rows 8
}
