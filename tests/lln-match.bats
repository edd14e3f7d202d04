#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-match. The expected values are in tests/data/cases/cases_matching.csv.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

cases=$BATS_TEST_DIRNAME/data/cases
methods='all, or some of paper, fenton, fenton-row, exact, measured, line, entropy, gap, joint'

# match CASE ARGUMENT...: runs lln-match in float64 on a reference case.
match() {
    local name=$1
    shift
    run --separate-stderr lln-match --q "$cases/case_${name}_Q.npy" \
        --k "$cases/case_${name}_K.npy" --double -q "$@"
    equal status "$status" 0
    equal stderr "$stderr" ''
}

# value COLUMN EXPECTED TOLERANCE: checks a value of the only row of $output.
value() {
    echo "$(column "$1" <<< "$output") $2" | near "$3" absolute
}

@test "the paper's rule on case B" {
    match B --method paper --no-spectrum
    value alpha 2.1501634970812313 1e-12
    value beta 2.1226699706693668 1e-12
    value target_value 1.0035222827084693 1e-12
    value achieved 0.8871216576214237 1e-12
    value relative_error -0.119344478682295 1e-12
    value entropy_gap_nats -0.312861160464303 1e-11
}

@test "the measured root on case B" {
    match B --no-spectrum
    value alpha 2.2414624030071186 2e-6
    value achieved 1.0073424127223363 1e-8
    value relative_error 0 1e-8
}

@test "the measured root on case B, float32" {
    run --separate-stderr lln-match --q "$cases/case_B_Q.npy" \
        --k "$cases/case_B_K.npy" --no-spectrum
    value alpha 2.2414624030071186 2e-6
    value relative_error 0 1e-6
}

@test "the ratio of second eigenvalues" {
    match C --columns lambda2_ratio
    value lambda2_ratio 0.7449578550 1e-6
    match C --columns spectrum
    equal header "${lines[0]}" lambda2_ratio
    match C --columns all --no-spectrum
    equal lambda2_ratio "$(column lambda2_ratio <<< "$output")" nan
}

@test "a causal head" {
    match A --causal --no-spectrum
    value target_value 1.435865190426584 1e-12
    value relative_error 0 1e-8
}

@test "methods come in the order in which they are given" {
    match A --method measured,paper --no-spectrum
    equal methods "$(column method <<< "$output" | tr '\n' ' ')" \
        'measured paper '
    match C --method all
    equal methods "$(column method <<< "$output" | tr '\n' ' ')" \
        'paper fenton fenton-row exact measured line entropy gap joint '
}

@test "--method all: without gap if --no-spectrum is given" {
    match C --method all
    equal all "$(column method <<< "$output" | uniq | paste -sd ' ')" \
        'paper fenton fenton-row exact measured line entropy gap joint'
    match C --method all --no-spectrum
    equal fewer "$(column method <<< "$output" | uniq | paste -sd ' ')" \
        'paper fenton fenton-row exact measured line entropy joint'
    match C --method gap --no-spectrum
    equal named "$(column method <<< "$output")" gap
}

@test "the columns" {
    run lln-match -n 8 -d 2 --trials 1 --no-spectrum --precision 3
    equal header "${lines[0]%,alpha_se*}" \
        source,layer,head,kernel,n,d,causal,samples,tau,method,alpha,beta,sigma_q,sigma_k,target,target_value,predicted,achieved,relative_error,entropy_gap_nats,max_exponent,fp16_overflow,bf16_overflow,seed,status,solution,solution_count,distance,stated_error,features_used
}

@test "--balance: alpha sigma_q = R beta sigma_k" {
    match C --balance 4 --no-spectrum
    value relative_error 0 1e-8
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { print $at["alpha"] * $at["sigma_q"],
            4 * $at["beta"] * $at["sigma_k"] }' <<< "$output" | near 1e-14
    refuses 2 "--balance: '0' is out of range; expected a number from 1e-06 to 1000000" lln-match \
        --balance 0
}

# alpha of cases_matching.csv.
@test "the roots of entropy and gap on case B" {
    match B --method entropy
    value target_value 5.043561032933451 1e-12
    value achieved 5.043561032933451 1e-8
    value alpha 1.8884625854377244 2e-6
    value entropy_gap_nats 0 1e-8
    equal target "$(column target <<< "$output")" entropy_nats
    match B --method gap
    value target_value 0.893037885006972 1e-9
    value achieved 0.893037885006972 1e-8
    value alpha 2.1393571074931899 2e-6
    value relative_error 0 1e-8
    equal target "$(column target <<< "$output")" gap
}

# alpha and beta: scipy.optimize.fsolve on dense numpy programs.
@test "the joint root on case C, and none on case A" {
    match C --method joint --columns default,joint
    equal state "$(column status <<< "$output")" solved
    value relative_error 0 1e-9
    value entropy_gap_nats 0 1e-9
    value alpha 9.973356102079208 1e-5
    value second_target 4.48938304404569 1e-11
    value second_predicted 4.48938304404569 1e-9
    equal second "$(column second <<< "$output")" entropy_nats
    match C --method joint --second skewness --columns default,joint
    value alpha 18.6740366408596 1e-5
    value second_target 0.0116495600784446 1e-11
    run --separate-stderr lln-match --q "$cases/case_A_Q.npy" \
        --k "$cases/case_A_K.npy" --double --method joint --largest 50
    equal status "$status" 0
    [[ $stderr == *"method 'joint': no alpha and beta reach both log-variance and entropy; nearest: entropy differs by -0.02499 nat at alpha sigma_q = 50, beta sigma_k = 1.191; it is not known whether there is a solution above alpha sigma_q = 50" ]]
    equal state "$(column status <<< "$output")" nearest
    value distance 0.0249886053462633 1e-7
    value entropy_gap_nats -0.0249886053462633 1e-7
    value relative_error 0 1e-7
}

@test "the options of joint" {
    refuses 2 '--balance cannot be used with method joint, which chooses alpha and beta freely; name other methods' \
        lln-match --method all --balance 2
    refuses 2 '--second needs --method joint' lln-match --second entropy
    refuses 2 '--largest needs --method joint' lln-match --largest 50
    refuses 2 "--second: expected entropy or skewness, found 'gap'" lln-match \
        --method joint --second gap
    refuses 2 '--second cannot be used with --calibrate' lln-match \
        --calibrate --second entropy
}

# Numpy programs: see tests/test_report.c, test_sensitivity.c and
# test_features_used.c.
@test "moments, sensitivity and features_used" {
    local groups=default,moments,sensitivity
    match C --columns $groups
    value softmax_skewness -0.35279572103531742 1e-10
    value softmax_skewness_row 0.0116495600784446 1e-11
    value softmax_excess_kurtosis 0.85096997837738941 1e-10
    value softmax_log_variance 0.78659949279450769 1e-11
    value log_variance_row 0.744710040566277 1e-8
    # Euler: scaling alpha and beta together is a change along both.
    match C --columns $groups --method measured
    local sum
    sum=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { print $at["dlnD2_dlnalpha"] + $at["dlnD2_dlnbeta"] }' \
        <<< "$output")
    awk -v sum="$sum" 'BEGIN { exit !(sum > 2 && sum < 4) }'
    # A large balance leaves one feature for each row.
    match C --balance 1000
    value features_used 1 0.01
    equal header "$(lln-match -n 8 -d 2 --columns sensitivity |
        head -n 1 | cut -d, -f1-4)" \
        dlnD2_dlnalpha,dlnD2_dlnbeta,dentropy_dlnalpha,dentropy_dlnbeta
}

@test "kernels take the new methods" {
    for method in line entropy gap; do
        lln-match -n 40 -d 4 --each --trials 2 --method $method -q -o p
        lln-entropy -n 40 -d 4 --each --trials 2 --params p --kernel lln -q \
            --columns head,entropy_nats > one
        lln-entropy -n 40 -d 4 --each --trials 2 -q \
            --kernel lln:match=$method --columns head,entropy_nats > two
        cmp one two
        lln-entropy -n 40 -d 4 --each --trials 2 --kernel \
            lln+diag:match=$method:block=8 -q --columns head,entropy_nats |
            grep '^1,[0-9]'
    done
    # Of two heads, the first has a joint match.
    lln-match -n 40 -d 4 --each --trials 1 --method joint -q -o p
    equal state "$(column status < p)" solved
    lln-entropy -n 40 -d 4 --each --trials 1 --params p --kernel lln -q \
        --columns id,entropy_nats > one
    run --separate-stderr lln-entropy -n 40 -d 4 --each --trials 2 -q \
        --kernel lln:match=joint --columns id,entropy_nats
    equal first "$(sed -n 2p <<< "$output" | sed 's/.*,//')" \
        "$(sed -n 2p one | sed 's/.*,//')"
    equal second "$(sed -n 3p <<< "$output" | sed 's/.*,//')" nan
    [[ $stderr == *'head 1, tau 1: no alpha and beta reach both'* ]]
}

# Two features whose D2 has a maximum above that of softmax: see list_two in
# tests/test_match.c.
@test "several solutions: a row each, of which --params takes the first" {
    printf '\x20\x50\x80\x4f\xc0\xce\x80\xcf\x20\x50\x80\x4f\xc0\xce\x80\xcf' |
        npy q.npy '<f2' '(4, 2)'
    {
        printf '\x00\x3c\x00\x3e'
        for _ in {1..15}; do printf '\x00\xbc\x00\x3e'; done
    } | npy k.npy '<f2' '(16, 2)'
    local of=(--q q.npy --k k.npy --scale 0.00489 --double -q)
    lln-match "${of[@]}" -o two
    equal solutions "$(column solution < two | tr '\n' ' ')" '1 2 '
    equal counts "$(column solution_count < two | tr '\n' ' ')" '2 2 '
    column relative_error < two | sed 's/$/ 0/' | near 1e-8 absolute
    lln-entropy "${of[@]}" --kernel lln --params two --columns source,entropy_nats \
        > first
    lln-entropy "${of[@]}" --kernel lln:match=measured --columns \
        source,entropy_nats | cmp - first
    # A table with the second alone.
    sed 2d two > second
    lln-entropy "${of[@]}" --kernel lln --params second --columns \
        source,entropy_nats > other
    run cmp -s first other
    equal differs "$status" 1
    # Averages take the first.
    lln-match "${of[@]}" --aggregate all -o one
    equal rows "$(wc -l < one)" 2
    equal alpha "$(column alpha < one)" "$(column alpha < two | head -n 1)"
    equal count "$(column solution_count < one)" 2
}

# slope, intercept and largest relative error: least squares in numpy over 400
# points of an independent quadrature.
@test "--calibrate" {
    prints 'd,balance,range_low,range_high,slope,intercept,line_relative_error
16,1,0.5,2,0.19751,-0.379637,0.0570112
16,1,1,4,0.212656,-0.529858,0.0333067
16,1,2,8,0.220838,-0.672077,0.016523' lln-match --calibrate -d 16 \
        --columns id,slope,intercept,line_relative_error --precision 6
    run --separate-stderr lln-match --calibrate -d 32 --range 1,9
    value slope 0.1913421837630842 1e-6
    value good_low 1.2516121528462574 1e-5
    equal rows "${#lines[@]}" 2
    run --separate-stderr lln-match --calibrate -d 16 --balance 4 --range 1,2
    equal balance "$(column balance <<< "$output")" 4
    refuses 2 '--tau cannot be used with --calibrate' lln-match --calibrate \
        --tau 1
    refuses 2 '--method cannot be used with --calibrate' lln-match --calibrate \
        --method line
    refuses 2 "'x.npz' cannot be used with --calibrate, which reads no file" \
        lln-match --calibrate x.npz
    for range in 2 2,1 1,2,3; do
        refuses 2 "--range: expected two positive numbers in ascending order, found '$range'" \
            lln-match --calibrate --range $range
    done
}

# s2 = (D2 + 0.5346125339191594) / 0.1503117205542352 (see above) for case B.
@test "the fitted line on case B" {
    match B --method line
    value target_value 1.0073424127223363 1e-12
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { print ($at["alpha"] * $at["sigma_q"]) ^ 2 * 2,
            (1.0073424127223363 + 0.5346125339191594) / 0.1503117205542352
        }' <<< "$output" | near 1e-5
    value stated_error 0.0637947229134291 1e-6
    match B --method line --range 2,8
    equal error "$(column stated_error <<< "$output")" nan
}

@test "the status of a row: solved, nearest, none" {
    match C --method paper,measured
    equal status "$(column status <<< "$output" | tr '\n' ' ')" \
        'solved solved '
    equal solution "$(column solution <<< "$output" | tr '\n' ' ')" '1 1 '
    # Two features whose D2 has a maximum below that of softmax: see
    # solve_measured_maximum in tests/test_match.c.
    printf '\x20\x50\x80\x4f\xc0\xce\x80\xcf\x20\x50\x80\x4f\xc0\xce\x80\xcf' |
        npy q.npy '<f2' '(4, 2)'
    {
        printf '\x00\x3c\x00\x3e'
        for _ in {1..15}; do printf '\x00\xbc\x00\x3e'; done
    } | npy k.npy '<f2' '(16, 2)'
    run --separate-stderr lln-match --q q.npy --k k.npy --scale 1 --double -q
    equal status "$status" 0
    [[ $stderr == *"method 'measured': no alpha and beta reach"* ]]
    equal state "$(column status <<< "$output")" nearest
    equal solution "$(column solution <<< "$output")" nan
    value achieved 0.01180487376604739 1e-8
    echo "$(column distance <<< "$output") \
        $(awk -v d="$(column target_value <<< "$output")" \
            'BEGIN { print log(d / 0.01180487376604739) }')" | near 1e-5
    equal count "$(column solution_count <<< "$output")" 0
    # One key in each row: there is no target.
    printf '\x00\x3c\x00\x3e' | npy k.npy '<f2' '(1, 2)'
    run --separate-stderr lln-match --q q.npy --k k.npy
    equal state "$(column status <<< "$output")" none
}

@test "unknown methods" {
    refuses 2 "--method: 'fentom' is not a method; expected $methods" \
        lln-match --method fentom
    refuses 2 "--method: '' is not a method; expected $methods" \
        lln-match --method ''
    refuses 2 "--method: '' is not a method; expected $methods" \
        lln-match --method paper,
    refuses 2 "--method: 'paper' is given twice" lln-match --method paper,all
}

@test "a head without a match keeps its row" {
    run --separate-stderr lln-match -n 1 --trials 1 --each --no-header
    equal status "$status" 0
    equal stderr "$stderr" \
        "lln-match: gaussian: head 0, tau 1: method 'measured': the temperature is undefined: no query has two allowed keys"
    equal row "$(echo "$output" | cut -d, -f10-16)" \
        measured,nan,nan,nan,nan,log_variance_row,nan
}

@test "--help lists the methods" {
    run --separate-stderr lln-match --help
    equal status "$status" 0
    equal methods "$(sed -n '/^Methods:/,/^$/p' <<< "$output" |
        awk '/^  [a-z]/ { printf "%s ", $1 }')" \
        'paper fenton fenton-row exact measured line entropy gap joint '
}

@test "--kernel and --rows are refused" {
    refuses 2 "--kernel cannot be used with lln-match, which finds alpha and beta of kernel 'lln' and measures no other kernel" \
        lln-match --kernel lln
    refuses 2 '--rows cannot be used with lln-match: all rows are needed' \
        lln-match --rows 8
}

@test "options that would have no effect are refused" {
    refuses 2 '--range needs --method line or --calibrate' \
        lln-match --range 1,2
    refuses 2 '--no-spectrum cannot be used with --columns lambda2_ratio' \
        lln-match --no-spectrum --columns 'id,lambda2_ratio'
    refuses 2 '--no-spectrum cannot be used with --columns spectrum' \
        lln-match --no-spectrum --columns spectrum
    lln-match -n 8 -d 2 --trials 1 --no-spectrum --columns all > table
    lln-match -n 8 -d 2 --trials 1 --method line --range 1,2 > table
}

@test "a log-variance beyond the formula" {
    refuses 1 'no alpha and beta reach within-row log-variance 1000: with 64 features and (alpha sigma_q) / (beta sigma_k) = 1, the formula ends at alpha sigma_q = 45.2548' \
        lln-match --calibrate --range 0.001,1000
}

@test "the same bytes with one thread and two" {
    lln-match -n 700 --trials 2 --method all --threads 1 -o one.csv
    lln-match -n 700 --trials 2 --method all --threads 2 -o two.csv
    cmp one.csv two.csv
}
