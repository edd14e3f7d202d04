#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-spectral: what it prints, and that the values are correct.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

identity=source,layer,head,kernel,n,d,causal,samples,tau
summary=lambda2,gap,lambda2_re,lambda2_im,unbiased_norm,centered_sigma1,lambda2_theory
summary=$summary,method,residual,lambda2_condition,lambda2_bound
eigenvalue_columns=$identity,rank,modulus,re,im,method,residual,condition,bound
eigenvalue_columns=$eigenvalue_columns,lambda2_theory
data=$BATS_TEST_DIRNAME/data/cases

# of_case CASE OPTION...: the table of a reference case.
of_case() {
    local name=$1
    shift
    lln-spectral --q "$data/case_${name}_Q.npy" --k "$data/case_${name}_K.npy" \
        "$@"
}

# reference CASE ATTENTION QUANTITY: from cases_scalars.csv.
reference() {
    grep -F "$1,$2,$3," "$data/cases_scalars.csv" | cut -d, -f4
}

# agrees CASE KERNEL ATTENTION TOLERANCE OPTION...
agrees() {
    local name=$1 kernel=$2 attention=$3 tolerance=$4
    shift 4
    of_case "$name" --kernel "$kernel" "$@" > table
    {
        echo "$(column lambda2 < table)" \
            "$(reference "$name" "$attention" lam2_modulus)"
        echo "$(column unbiased_norm < table)" \
            "$(reference "$name" "$attention" Pt_frobenius)"
        echo "$(column centered_sigma1 < table)" \
            "$(reference "$name" "$attention" Pt_2norm)"
    } | near "$tolerance" absolute
}

@test "the header" {
    run --separate-stderr lln-spectral -n 8 -d 2 --each
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal header "${lines[0]}" "$identity,$summary"
    equal rows "${#lines[@]}" 9
}

@test "--double gives the reference eigenvalues and norms" {
    agrees A softmax softmax 1e-11 --double
    agrees B softmax softmax 1e-11 --double
    agrees C softmax softmax 1e-11 --double
    agrees D softmax softmax 1e-11 --double
    agrees E softmax softmax 1e-10 --double
    agrees A lln:alpha=1.1:beta=1.4 lln 1e-11 --double
    agrees B lln:alpha=1:beta=1 lln 1e-11 --double
    agrees C lln:alpha=0.8:beta=0.9 lln 1e-11 --double
    agrees E lln:alpha=1:beta=1 lln 1e-10 --double
}

@test "the default precision is close to the reference" {
    agrees A softmax softmax 1e-6
    agrees B softmax softmax 1e-6
    agrees B lln:alpha=1:beta=1 lln 1e-7
    agrees C lln:alpha=0.8:beta=0.9 lln 1e-7
    agrees E softmax softmax 1e-3
}

@test "the eigenvalues of causal attention are its diagonal" {
    of_case A --kernel softmax --causal --double > table
    echo "$(column lambda2 < table)" \
        "$(reference A softmax_causal 'lam2_modulus=2nd_largest_diag')" |
        near 1e-12 absolute
    equal method "$(column method < table)" diagonal
    equal residual "$(column residual < table)" 0
    equal theory "$(column lambda2_theory < table)" nan
}

# numpy: S = exp(2 q) exp(2 k)'; P = S / row sums; |eigvals(P)|, the second
@test "methods agree" {
    for method in dense arnoldi lowrank; do
        of_case B --double --kernel lln:alpha=2:beta=2 --method $method > table
        equal method "$(column method < table)" $method
        echo "$(column lambda2 < table)" 0.09434299403035 | near 1e-11 absolute
    done
}

@test "methods by size" {
    equal small "$(lln-spectral -n 64 -d 4 --kernel softmax | column method)" \
        dense
    equal large "$(lln-spectral -n 600 -d 4 --kernel softmax |
        column method)" arnoldi
    equal lln "$(lln-spectral -n 64 -d 4 --kernel lln:alpha=1:beta=1 |
        column method)" lowrank
}

@test "--eigenvalues" {
    run --separate-stderr of_case A -q --double --kernel softmax --eigenvalues 8
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal header "${lines[0]}" "$eigenvalue_columns"
    equal rows "${#lines[@]}" 9
    paste -d ' ' <(column modulus <<< "$output") \
        <(sed -n 2,9p "$data/case_A_softmax_eigs.csv" | cut -d, -f2) |
        near 1e-11 absolute
}

@test "--eigenvalues prints the theory of the summary in each row" {
    set -- -q -n 40 -d 8 --trials 1 --kernel softmax,lln,elu
    lln-spectral "$@" --columns kernel,lambda2_theory > summary
    lln-spectral "$@" --eigenvalues 2 --columns kernel,lambda2_theory > table
    equal rows "$(uniq table)" "$(cat summary)"
    equal count "$(wc -l < table)" 7
    awk -F, 'NR == 2 || NR == 3 { if (!($2 > 0.01 && $2 < 1)) exit 1 }
        NR == 4 && $2 != "nan" { exit 1 }' summary
}

@test "--eigenvalues: at most as many as tokens, trial by trial" {
    run lln-spectral -n 3 -d 2 --trials 2 --kernel softmax --eigenvalues 10
    equal status "$status" 0
    equal rows "${#lines[@]}" 7
    run lln-spectral -n 5 -d 2 --trials 1 --kernel softmax --eigenvalues 1
    equal rows "${#lines[@]}" 2
    run lln-spectral -n 5 -d 2 --trials 1 --eigenvalues 0
    equal status "$status" 2
}

@test "fewer queries than keys have no eigenvalues" {
    head -c 96 /dev/zero | npy q.npy '<f4' '(6, 4)'
    head -c 160 /dev/zero | npy k.npy '<f4' '(10, 4)'
    local why='lln-spectral: P is not square (6 '
    why+='queries, 10 keys) and has no eigenvalues; use --singular'
    run --separate-stderr lln-spectral --q q.npy --k k.npy --kernel softmax \
        --eigenvalues 3
    equal status "$status" 0
    equal stderr "$(without_extent <<< "$stderr")" "$why"
    equal stdout "$output" "$eigenvalue_columns"
    run --separate-stderr lln-spectral --q q.npy --k k.npy --kernel softmax
    equal status "$status" 0
    equal rows "${#lines[@]}" 2
    equal stderr "$(without_extent <<< "$stderr")" "$why"
    equal lambda2 "$(column lambda2 <<< "$output")" nan
    run --separate-stderr lln-spectral --q q.npy --k k.npy --kernel softmax \
        --columns id,lambda2_theory
    equal stderr "$(without_extent <<< "$stderr")" ''
    lln-entropy --diagnose --q q.npy --k k.npy --kernel softmax > table
    column centered_sigma1 < table
}

@test "one token" {
    lln-spectral -n 1 --trials 1 --kernel softmax > table
    equal lambda2 "$(column lambda2 < table)" 0
    equal gap "$(column gap < table)" 1
    equal norm "$(column unbiased_norm < table)" 0
}

@test "an unknown method" {
    refuses 2 "--method 'qr': unknown; expected one of auto, dense, arnoldi, lowrank, diagonal, blocks" \
        lln-spectral --method qr
}

@test "--help lists the methods" {
    run --separate-stderr lln-spectral --help
    equal status "$status" 0
    equal methods "$(sed -n '/^Methods:/,/^$/p' <<< "$output" |
        awk '/^  [a-z]/ { printf "%s ", $1 }')" \
        'auto dense arnoldi lowrank diagonal blocks '
}

@test "a method that does not apply" {
    refuses 2 "--method lowrank cannot be used with kernel 'softmax'; choose a kernel made of features, such as lln" \
        lln-spectral -n 16 --kernel softmax --method lowrank
    refuses 2 '--method diagonal needs --causal: P must be triangular' \
        lln-spectral -n 16 --kernel softmax --method diagonal
    refuses 2 '--method diagonal cannot be used with --prefix, with which P is not triangular' \
        lln-spectral -n 16 --causal --prefix 3 --method diagonal
    refuses 2 '--method lowrank cannot be used with --causal' \
        lln-spectral -n 16 --causal --kernel lln --method lowrank
    refuses 2 "--method blocks cannot be used with kernel 'softmax'; choose blockdiag" \
        lln-spectral -n 16 --kernel softmax --method blocks
}

# tests/test_eigenvalues.c has the expected values.
@test "conditions and bounds" {
    lln-spectral -n 64 -d 4 --kernel softmax --trials 1 --columns \
        lambda2,lambda2_condition,lambda2_bound > table
    awk -F, 'NR == 2 { exit !($1 > 0.1 && $2 >= 1 && $2 < 10 && $3 < 1e-12) }' \
        table
    lln-spectral -n 64 -d 4 --kernel softmax --trials 1 --eigenvalues 3 \
        --columns modulus,condition,bound > table
    equal first "$(sed -n 2p table)" 1,1,0
    awk -F, 'NR > 2 && !($2 >= 1 && $2 < 100 && $3 < 1e-11) { exit 1 }' table
}

# The first products take minutes; the signal ends them.
@test "interrupted while it iterates" {
    run --separate-stderr signalled INT 100 \
        lln-spectral -n 100000 --trials 1 --kernel softmax --method arnoldi \
        -o table
    equal status "$status" 130
    equal stderr "$stderr" 'lln-spectral: interrupted: 0 of 1 cases written to table.partial; repeat the command with --resume to continue'
    equal files "$(ls -A)" table.partial
}

@test "--rows" {
    refuses 2 '--rows cannot be used with lln-spectral: all rows are needed' \
        lln-spectral --rows 10
}

@test "the same bytes on any number of threads" {
    lln-spectral -n 600 -d 8 --trials 2 --tau 0.5,2 --threads 1 > one
    lln-spectral -n 600 -d 8 --trials 2 --tau 0.5,2 --threads 2 > two
    cmp one two
    lln-spectral -n 600 -d 8 --trials 1 --causal --threads 1 > one
    lln-spectral -n 600 -d 8 --trials 1 --causal --threads 2 > two
    cmp one two
}

# The same trials in a batch with others.
@test "a head does not depend on the others of its batch" {
    lln-spectral -n 300 -d 8 --trials 5 --each --tau 0.4 --kernel softmax > five
    lln-spectral -n 300 -d 8 --trials 2 --each --tau 0.4,1 --threads 1 \
        --kernel softmax | awk -F, 'NR == 1 || $9 == 0.4' > two
    head -3 five > start
    cmp start two
}

@test "the second eigenvalue is close to that of the theory" {
    lln-spectral -n 512 --tau 1 > table
    equal kernels "$(column kernel < table)" $'softmax\nlln'
    echo "$(column lambda2 < table | head -1)" 0.0604 | near 0.006 absolute
    echo "$(column lambda2_theory < table | head -1)" 0.0579 |
        near 0.0002 absolute
}
