#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --params: alpha and beta from a table of lln-match.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # helper.bash sets variables
load helper

@test "--params without a kernel that takes alpha and beta" {
    refuses 2 "--params: no kernel in 'softmax' takes alpha and beta from the table; leave out --params, or use a kernel such as lln" \
        lln-entropy --kernel softmax --params p.csv
}

@test "--params that cannot be read" {
    refuses 1 'p.csv: No such file or directory' lln-entropy --params p.csv
    refuses 1 'standard input: empty, expected a table' \
        lln-entropy --params - < /dev/null
    refuses 1 "standard input: no column 'source', 'layer' or 'head'; expected a table of lln-match" \
        lln-entropy --params - < <(echo alpha,beta)
}

# params_table TAU,METHOD,ALPHA...: writes a table for -n 8 -d 2 with beta = 1.
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
    sed 's/gaussian,nan/qk.npz,3/' p.csv > files.csv
    files_before=$'files.csv\np.csv'
    refuses 1 'files.csv: no row for sampled heads: its rows are for heads from files; name these files' \
        lln-entropy -n 8 -d 2 --params files.csv
    rm files.csv
    files_before=p.csv
    refuses 1 'p.csv: no row for gaussian; the closest rows have tau 1, expected 2' \
        lln-entropy -n 8 -d 2 --tau 2 --params p.csv -o out.csv
    refuses 1 'p.csv: 2 rows match gaussian, n 8, d 2, causal 0, tau 1 (methods paper, measured); choose one with lln-match --method' \
        lln-entropy -n 8 -d 2 --tau 1 --params p.csv -o out.csv
}

@test "--params gives the same as alpha and beta in --kernel" {
    params_table 1,paper,0.5 2,paper,0.5 > p.csv
    lln-entropy -n 8 -d 2 --tau 1,2 --kernel lln --params - < p.csv |
        cut -d, -f9- > joined
    lln-entropy -n 8 -d 2 --tau 1,2 --kernel lln:alpha=0.5:beta=1 |
        cut -d, -f9- > stated
    diff joined stated
    equal rows "$(wc -l < joined)" 3
}

@test "lln-match piped into lln-entropy --params" {
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

@test "--params from a pipe" {
    lln-match -n 64 --no-spectrum | lln-entropy -n 64 --kernel lln --params - \
        -o out.csv
    [ -s out.csv ]
}

@test "--params needs only some of the columns" {
    lln-match -n 32 -d 4 --columns id,alpha,beta --no-spectrum > params
    lln-entropy -n 32 -d 4 --kernel lln --params params > some
    lln-match -n 32 -d 4 --no-spectrum |
        lln-entropy -n 32 -d 4 --kernel lln --params - | cmp - some
}

# of_encoder TOOL OPTION...: trained heads, layers 0 and 3 with two heads each.
of_encoder() {
    local tool=$1
    shift
    "$tool" --quiet --layout hnd "$@"
}

# match FILE OPTION...: a table of lln-match.
match() {
    of_encoder lln-match --no-spectrum "$@"
}

# entropies FILE OPTION...: entropies with alpha and beta, by layer and head.
entropies() {
    of_encoder lln-entropy --kernel lln --columns layer,head,entropy_nats "$@"
}

# sample: writes qk.safetensors in this folder and two others, the table of its
# alpha and beta, and `stated`, the entropies with these.
sample() {
    mkdir -p x y/z
    cp "$DATA/encoder.safetensors" qk.safetensors
    cp qk.safetensors x
    cp qk.safetensors y/z
    match qk.safetensors > table
    entropies qk.safetensors --params table > stated
    equal rows "$(wc -l < stated)" 5
}

@test "--params: alpha and beta are those of the layer and head" {
    sample
    local layer head alpha beta
    while IFS=, read -r layer head alpha beta; do
        of_encoder lln-entropy qk.safetensors --layers "$layer" \
            --heads "$head" --kernel "lln:alpha=$alpha:beta=$beta" \
            --columns layer,head,entropy_nats --no-header
    done < <(sed 1d table | cut -d, -f2,3,11,12) > each
    sed 1d stated | diff each -
}

@test "--params: one file by several names" {
    sample
    local name
    for name in ./qk.safetensors x/qk.safetensors .//x/./qk.safetensors \
        "$PWD/y/z/qk.safetensors"; do
        entropies "$name" --params table | cmp - stated
        match "$name" | entropies qk.safetensors --params - | cmp - stated
    done
    entropies - --params table < qk.safetensors | cmp - stated
    match - < qk.safetensors | entropies x/qk.safetensors --params - |
        cmp - stated
    sed 's/^qk.safetensors/standard input/' table |
        entropies qk.safetensors --params - | cmp - stated
}

@test "--params: another file" {
    sample
    cp qk.safetensors xqk.safetensors
    refuse_entropy() {
        run --separate-stderr entropies "$@"
        equal status "$status" 1
        equal stdout "$output" ''
    }
    refuse_entropy xqk.safetensors --params table
    equal stderr "$stderr" 'lln-entropy: table: no row for xqk.safetensors, layer 0, head 0; the closest rows have source qk.safetensors'
    lln-match -n 8 -d 2 --no-spectrum > sampled
    refuse_entropy - --params sampled < qk.safetensors
    [[ $stderr == *'the closest rows have source gaussian'* ]]
}

@test "--params: a table of several files, some with one name" {
    sample
    {
        sed 's/,measured,[^,]*,/,measured,1,/; 1!s,^,x/,' table
        sed '1d; s,^,y/z/,' table
    } > several
    entropies y/z/qk.safetensors --params several | cmp - stated
    entropies "$PWD/y/z/qk.safetensors" --params several | cmp - stated
    entropies x/qk.safetensors --params several > other
    run cmp other stated
    equal differ "$status" 1
    run --separate-stderr entropies qk.safetensors --params several
    equal status "$status" 1
    [[ $stderr == *'several: 2 rows match qk.safetensors, layer 0, head 0'* ]]
    [[ $stderr == *'(sources x/qk.safetensors, y/z/qk.safetensors); name the'* ]]
}

@test "--params: names with brackets, batch entries" {
    sample
    local name
    for name in 'qk[1]' 'qk[x]' 'qk]' '[2]'; do
        cp qk.safetensors "$name"
        match "$name" | entropies "x/../$name" --params - | cmp - stated
    done
    tail -c +129 "$CASES/case_A_Q.npy" | npy q.npy '<f8' '(2, 1, 32, 8)'
    tail -c +129 "$CASES/case_A_K.npy" | npy k.npy '<f8' '(2, 1, 32, 8)'
    lln-match --layout bhnd --q q.npy --k k.npy > entries
    equal sources "$(column source < entries | paste -sd ' ')" 'q.npy[0] q.npy[1]'
    local of=(lln-entropy --layout bhnd --q ./q.npy --k k.npy --kernel lln
        --columns source --columns entropy_nats)
    "${of[@]}" --params entries > some
    equal rows "$(column entropy_nats < some | sort -u | wc -l)" 2
    sed 2d entries > second
    run --separate-stderr "${of[@]}" --params second
    equal stderr "$(without_extent <<< "$stderr")" 'lln-entropy: second: no row for ./q.npy[0], head 0; the closest rows have batch entry 1'
}

@test "--params: names that are not UTF-8" {
    sample
    cp qk.safetensors $'caf\xe9.st'
    match $'caf\xe9.st' | entropies $'./caf\xe9.st' --params - | cmp - stated
    match $'caf\xe9.st' --format json | entropies $'caf\xe9.st' --params - |
        cmp - stated
}

@test "--params: the temperature is compared if --tau is given" {
    sample
    match qk.safetensors --tau 0.5,1,2 > taus
    run --separate-stderr entropies qk.safetensors --params taus
    equal status "$status" 1
    [[ $stderr == *'(temperatures 0.5, 1, 2); choose one with --tau' ]]
    match qk.safetensors --tau 1 > tau
    entropies qk.safetensors --tau 1 --params tau > one
    entropies qk.safetensors --tau 1 --params taus | cmp - one
    # float64 measures other temperatures than float32
    entropies qk.safetensors --params table --double > /dev/null
    run --separate-stderr entropies qk.safetensors --tau 0.75 --params taus
    equal status "$status" 1
    [[ $stderr == *'; the closest rows have tau 0.5, 1, 2, expected 0.75' ]]
}

@test "--params: tables that were rounded" {
    sample
    local digits form tau=0.3333333333333333
    for digits in 2 3 4 6 12; do
        match qk.safetensors --tau 0.5,$tau,12.3456 --precision $digits \
            > rounded
        for t in 0.5 $tau 12.3456; do
            entropies qk.safetensors --tau "$t" --params rounded > /dev/null
        done
        run --separate-stderr entropies qk.safetensors --tau 0.55 \
            --params rounded
        equal status "$status" 1
    done
    match qk.safetensors --tau 0.5,$tau,12.3456 > whole
    for form in %.6f %.4f %.3e %.10f %.2f; do
        awk -F, -v OFS=, -v form=$form '{
                for (i = 2; i <= NF; i++)
                    if ($i ~ /^[-+0-9.e]+$/) $i = sprintf(form, $i)
                print
            }' whole > rounded
        for t in 0.5 $tau 12.3456; do
            entropies qk.safetensors --tau "$t" --params rounded > /dev/null
        done
    done
    # if several values round to the digits in the table, the nearest is taken
    match qk.safetensors --tau 0.333,$tau > close
    entropies qk.safetensors --tau $tau --params close > one
    match qk.safetensors --tau $tau |
        entropies qk.safetensors --tau $tau --params - | cmp - one
}

@test "--params: a short number in a table with all digits was not rounded" {
    sample
    match qk.safetensors --tau 0.5,1 > taus
    for tau in 0.51 0.9 1.2; do
        run --separate-stderr entropies qk.safetensors --tau $tau --params taus
        equal status "$status" 1
    done
}

@test "--params: every format" {
    sample
    for format in csv tsv json ndjson; do
        match qk.safetensors --format $format |
            entropies qk.safetensors --params - | cmp - stated
    done
}

@test "--params: every spelling of a missing value" {
    lln-entropy -n 8 -d 2 --kernel lln:alpha=0.5:beta=1 --columns entropy_nats \
        > stated
    local word
    for word in '' nan NaN NAN NA N/A null NULL None none -nan ' '; do
        {
            echo source,layer,head,n,d,causal,tau,method,alpha,beta,seed
            echo "gaussian,$word,$word,8,2,$word,$word,$word,0.5,1,$word"
        } > table
        lln-entropy -n 8 -d 2 --kernel lln --params table \
            --columns entropy_nats | cmp - stated
    done
    # without alpha and beta, values are missing
    {
        echo source,layer,head,alpha,beta
        echo gaussian,,,,
    } > table
    run --separate-stderr lln-entropy -n 8 -d 2 --kernel lln --params table \
        --columns entropy_nats --no-header
    equal status "$status" 0
    equal stdout "$output" nan
}

@test "--params: columns that were removed" {
    sample
    for columns in layer,head,alpha,beta source,layer,head,alpha,beta \
        beta,alpha,head,layer,n; do
        match qk.safetensors --columns $columns > few
        entropies qk.safetensors --params few | cmp - stated
    done
    match qk.safetensors --layers 0 --columns head,alpha,beta > few
    entropies qk.safetensors --layers 0 --params few > some
    sed 3q stated | cmp - some
    match qk.safetensors --columns source,alpha,beta > few 2> /dev/null
    run --separate-stderr entropies qk.safetensors --params few
    equal stderr "$stderr" 'lln-entropy: few: 4 rows match qk.safetensors, layer 0, head 0, n 256, d 64, causal 0; expected one'
    match qk.safetensors --columns layer,head,alpha > few
    run --separate-stderr entropies qk.safetensors --params few
    equal stderr "$stderr" "lln-entropy: few: no column 'beta'; expected a table of lln-match"
}

# differs MESSAGE OPTION...: no row fits, and the message explains why.
differs() {
    local message=$1
    shift
    run --separate-stderr entropies qk.safetensors "$@"
    equal status "$status" 1
    equal stdout "$output" ''
    equal stderr "$stderr" "lln-entropy: $message"
}

@test "--params: which field differs, and how" {
    sample
    local row='no row for qk.safetensors, layer'
    local raw=(--q "$DATA/logits/a_q.npy" --k "$DATA/logits/a_k.npy")
    match qk.safetensors --layers 3 > t
    differs "t: $row 0, head 0; the closest rows have layer 3" --params t
    match qk.safetensors --heads 1 > t
    differs "t: $row 0, head 0; the closest rows have head 1" --params t
    match qk.safetensors --causal > t
    differs "t: $row 0, head 0; the closest rows have causal 1, expected 0" --params t
    differs "table: $row 0, head 0; the closest rows have causal 0, expected 1" --params table \
        --causal
    sed 's/lln,256,64/lln,512,32/' table > t
    differs "t: $row 0, head 0; the closest rows have n 512, expected 256; d 32, expected 64" \
        --params t
    match qk.safetensors --aggregate layer > t
    differs "t: $row 0, head 0; the closest rows have head missing" --params t
    lln-match -q --layout hnd "${raw[@]}" --heads 0 | sed 's/,nan,0,lln/,3,0,lln/' > t
    run --separate-stderr lln-entropy -q --layout hnd "${raw[@]}" --heads 0 \
        --kernel lln --params t
    equal status "$status" 1
    equal stderr "$stderr" "lln-entropy: t: no row for ${raw[1]}, head 0; the closest rows have layer 3, but the heads of ${raw[1]} have no layer number"
    sed 1q table > t
    differs "t: $row 0, head 0: the table has no rows" --params t
    sed 's/,0,0,lln/,x,0,lln/' table > t
    differs "t: row 1: layer 'x' is not a number" --params t
    match qk.safetensors --method all > t
    differs 't: 8 rows match qk.safetensors, layer 0, head 0, n 256, d 64, causal 0 (methods paper, fenton, fenton-row, exact, measured, line, entropy, joint); choose one with lln-match --method' \
        --params t
}

# refuses_seed THERE HERE TABLE
refuses_seed() {
    refuses 1 "$3: no row for gaussian; the closest rows have seed $1, expected $2" \
        lln-entropy -n 8 -d 2 --seed "$2" --kernel lln --params "$3"
}

@test "--params: the seed of sampled heads" {
    local most=18446744073709551615 seed other format
    while read -r seed other; do
        for format in csv ndjson; do
            lln-match -n 8 -d 2 --seed "$seed" --no-spectrum \
                --format $format > t
            files_before=t
            lln-entropy -n 8 -d 2 --seed "$seed" --kernel lln --params t \
                > /dev/null
            refuses_seed "$seed" "$other" t
        done
    done << END
7 8
1 4294967297
9007199254740993 9007199254740992
$most 18446744073709551614
END
    lln-match -n 8 -d 2 --no-spectrum > t
    refuses_seed 1 2 t
    # a table with several seeds, rounded seeds, and no column of seeds
    lln-match -n 8 -d 2 --seed 2 --no-spectrum | sed 1d >> t
    lln-entropy -n 8 -d 2 --seed 2 --kernel lln --params t > /dev/null
    refuses_seed '1, 2' 3 t
    for seed in 2.0 2.000000 2e0 ''; do
        {
            echo source,layer,head,alpha,beta,seed
            echo "gaussian,nan,nan,1,1,$seed"
        } > t
        lln-entropy -n 8 -d 2 --seed 2 --kernel lln --params t > /dev/null
    done
    lln-match -n 8 -d 2 --no-spectrum --columns id,alpha,beta > t
    lln-entropy -n 8 -d 2 --seed 2 --kernel lln --params t > /dev/null
}

@test "--params: the seed of heads from files does not matter" {
    sample
    awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "seed") at = i }
        NR > 1 { $at = 7 }
        { print $0 (NR == 1 ? ",extra" : ",1") }' table > t
    entropies qk.safetensors --seed 3 --params table | cmp - stated
    entropies qk.safetensors --seed 3 --params t | cmp - stated
}

@test "--params: several files, and steps of one name" {
    sample
    mkdir step_10 step_20
    cp qk.safetensors step_10
    cp qk.safetensors step_20
    match 'step_{step}/qk.safetensors' > steps
    awk -F, -v OFS=, '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR > 1 && $at["step"] == 20 { $at["alpha"] = 1 }
        { print }' steps > other
    entropies step_10/qk.safetensors --params other | cmp - stated
    run cmp <(entropies step_20/qk.safetensors --params other) stated
    equal differ "$status" 1
    entropies step_10/qk.safetensors step_20/qk.safetensors \
        --params steps > both
    entropies 'step_{step}/qk.safetensors' --params steps | cmp - both
    # only the step distinguishes files with equal names
    sed 's,^step_[0-9]*/,,' other > bare
    entropies 'step_{step}/qk.safetensors' --params other > one
    entropies 'step_{step}/qk.safetensors' --params bare | cmp - one
    grep -v ,20, steps > first
    run --separate-stderr entropies 'step_{step}/qk.safetensors' --params first
    equal status "$status" 1
    equal stderr "$stderr" 'lln-entropy: first: no row for step_20/qk.safetensors, layer 0, head 0; the closest rows have step 10, expected 20'
}
