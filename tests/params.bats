#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --params: alpha and beta from a table of lln-match.
# shellcheck disable=SC2034,SC2154 # helper.bash sets variables
load helper

@test "--params without a kernel that takes them" {
    refuses 2 "--params: no kernel in 'softmax' takes alpha and beta from it" \
        lln-entropy --kernel softmax --params p.csv
}

@test "--params that cannot be read" {
    refuses 1 'p.csv: No such file or directory' lln-entropy --params p.csv
    refuses 1 'standard input: empty, expected a table' \
        lln-entropy --params - < /dev/null
    refuses 1 "standard input: no column 'source'; expected a table of lln-match" \
        lln-entropy --params - < <(echo alpha,beta)
}

# params_table TAU,METHOD,ALPHA...: a table for -n 8 -d 2, beta = 1.
params_table() {
    echo source,layer,head,kernel,n,d,causal,samples,tau,method,alpha,beta
    local row
    for row in "$@"; do
        echo "gaussian,nan,nan,lln,8,2,0,4,$row,1"
    done
}

@test "--params: no row, two rows" {
    params_table 1,paper,1 1,measured,1 > p.csv
    files_before=p.csv
    refuses 1 'p.csv: no row for gaussian, n 8, d 2, causal 0, tau 2' \
        lln-entropy -n 8 -d 2 --tau 2 --params p.csv -o out.csv
    refuses 1 'p.csv: 2 rows match gaussian, n 8, d 2, causal 0, tau 1 (methods paper, measured); choose one with lln-match --method' \
        lln-entropy -n 8 -d 2 --tau 1 --params p.csv -o out.csv
}

@test "--params gives what alpha and beta in --kernel give" {
    params_table 1,paper,0.5 2,paper,0.5 > p.csv
    lln-entropy -n 8 -d 2 --tau 1,2 --kernel lln --params - < p.csv |
        cut -d, -f9- > joined
    lln-entropy -n 8 -d 2 --tau 1,2 --kernel lln:alpha=0.5:beta=1 |
        cut -d, -f9- > stated
    diff joined stated
    equal rows "$(wc -l < joined)" 3
}

@test "into lln-entropy --params" {
    lln-match -n 128 --tau 0.5,1 --method paper --no-spectrum -o match.csv
    run --separate-stderr lln-entropy -n 128 --tau 0.5,1 --kernel lln \
        --params match.csv --no-header
    equal status "$status" 0
    equal rows "${#lines[@]}" 2
    gap=$(lln-match -n 128 --tau 1 --method paper --no-spectrum --each |
        column entropy_gap_nats | awk '{ sum += $1 } END { print sum / NR }')
    lln-entropy -n 128 --tau 1 --kernel softmax,lln:match=paper |
        column entropy_nats | awk -v gap="$gap" '{ h[NR] = $1 }
            END { if (NR == 2) print h[2] - h[1], gap }' | near 3.16e-5 absolute
}

@test "params by a pipe" {
    lln-match -n 64 --no-spectrum | lln-entropy -n 64 --kernel lln --params - \
        -o out.csv
    [ -s out.csv ]
}

@test "--params reads the columns that it needs" {
    lln-match -n 32 -d 4 --columns id,alpha,beta --no-spectrum > params
    lln-entropy -n 32 -d 4 --kernel lln --params params > some
    lln-match -n 32 -d 4 --no-spectrum |
        lln-entropy -n 32 -d 4 --kernel lln --params - | cmp - some
}
