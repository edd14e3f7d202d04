#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The columns of lln-entropy about coverage: --coverage, --recall, gini,
# --distribution.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# of_encoder OPTION...: lln-entropy of heads of the sample.
of_encoder() {
    lln-entropy "$DATA/encoder.safetensors" --layout hnd --kernel softmax \
        --quiet "$@"
}

# of_column NAME COMMAND...: the column NAME of what the command prints.
of_column() {
    local name=$1
    shift
    "$@" > "$name.table"
    column "$name" < "$name.table"
}

# like_reference CASE KERNEL OPTION...: all columns that the reference has. Its
# names are mean:k50, median:k50, max:k50, share:k50, mean:recall4, mean:gini.
like_reference() {
    local name=$1 kernel=$2 k
    shift 2
    focus_head "$name" --double --columns coverage "$@" > table
    {
        for k in k50 k90 k95 k99; do
            echo "$k mean:$k"
            echo "${k}_median median:$k"
            echo "${k}_max max:$k"
            echo "${k}_share share:$k"
        done
        for k in 1 4 16 64; do
            echo "recall_$k mean:recall$k"
        done
    } | while read -r own theirs; do
        echo "$(column "$own" < table)" \
            "$(focus_value "$name,$kernel,$theirs")"
    done | near 1e-12
    echo "$(column gini < table)" \
        "$(focus_value "$name,$kernel,mean:gini")" | near 1e-12 absolute
}

@test "the reference cases" {
    focus_cases like_reference
}

# Layer 0 of the sample, 2 heads of 256 tokens, in numpy in float64, with S the
# rows of the softmax of q k' / 8 in descending order:
#     K = (S.cumsum(1) < 0.9 - 1e-12).sum(1) + 1, recall = S[:, :4].sum(1),
#     Gini = ((m - 1 - 2 arange(256)) S).sum(1) / m
@test "heads of float16 arrays" {
    local columns=k90,k90_median,k90_max,k90_share,recall_4,recall_4_min,gini
    of_encoder --layers 0 --columns $columns > table
    of_encoder --layers 0 --columns $columns --causal | tail -n 2 >> table
    printf '%s\n' 4.3203125 3 23 0.016876220703125 0.9034677315712705 \
        0.5259912420198272 0.982866223087705 \
        1.078125 1 2 0.00421142578125 0.9977674360501116 \
        0.9595937013789642 0.9955867337172059 \
        11.43359375 7 53 0.12424424666995049 0.7771937805478455 \
        0.2504949462010015 0.9015148937197364 \
        2.48828125 1 19 0.0335298020628231 0.9542977965492272 \
        0.5986772287743828 0.967874010827536 > expected
    tail -n +2 table | tr , '\n' | paste -d ' ' - expected | near 1e-5
}

@test "columns are printed by default with their option" {
    equal none "$(focus_head ties --kernel softmax | head -n 1 |
        tr , '\n' | grep -cE '^(k[0-9]|recall|gini)')" 0
    equal coverage "$(focus_head ties --kernel softmax --coverage 0.975,.5 |
        head -n 1 | tr , '\n' | tail -n 8 | paste -sd ,)" \
        "$(printf '%s,%s_median,%s_max,%s_share\n' k97_5{,,,} k50{,,,} |
            paste -sd ,)"
    equal recall "$(focus_head ties --kernel softmax --recall 3 | head -n 1 |
        tr , '\n' | tail -n 2 | paste -sd ,)" recall_3,recall_3_min
    equal repeated "$(focus_head ties --kernel softmax --coverage 0.5 \
        --coverage 0.999 --columns coverage | head -n 1 | cut -d, -f1-5)" \
        k50,k50_median,k50_max,k50_share,k99_9
    equal range "$(focus_head ties --kernel softmax --coverage 0.1:0.9:3 \
        --columns 'k?0' | head -n 1)" k10,k50,k90
}

# A row of --per-row has the values of one row: their mean is that of the head.
@test "--per-row" {
    focus_head causal --causal --kernel softmax --per-row --coverage 0.9 \
        --recall 4 --columns query,keys,k90,recall_4,gini > rows
    equal header "$(head -n 1 rows)" query,keys,k90,recall_4,gini
    equal first "$(sed -n 2p rows)" 0,1,1,1,0
    focus_head causal --causal --kernel softmax --recall 4 --columns \
        k90,k90_max,k90_share,recall_4,recall_4_min,gini > table
    awk -F, 'NR > 1 { k += $3; s += $3 / $2; r += $4; g += $5
            if ($3 > most) most = $3
            if (NR == 2 || $4 < least) least = $4 }
        END { n = NR - 1
            print k / n, most, s / n, r / n, least, g / n }' CONVFMT=%.17g \
        OFMT=%.17g rows | tr ' ' '\n' > expected
    tail -n 1 table | tr , '\n' | paste -d ' ' - expected | near 1e-12
}

# All n rows drawn: the error is 0. Some: sd / sqrt(rows) sqrt(1 - rows / n).
@test "standard errors of drawn rows" {
    focus_head none --kernel softmax --rows 10 --per-row \
        --columns k90,gini > rows
    focus_head none --kernel softmax --rows 10 --columns \
        'k90,k90_median,gini,k90_se,k90_median_se,gini_se' > table
    equal median "$(column k90_median_se < table)" nan
    for name in k90 gini; do
        column $name < rows | awk '{ x[NR] = $1; sum += $1 }
            END { for (i in x) s += (x[i] - sum / NR)^2
                printf "%.17g %.17g\n", sum / NR,
                    sqrt(s / (NR - 1) / NR * (1 - NR / 64)) }' > expected
        echo "$(column $name < table) $(cut -d ' ' -f 1 expected)"
        echo "$(column ${name}_se < table) $(cut -d ' ' -f 2 expected)"
    done | near 1e-12
    equal all "$(of_column k90_se focus_head none --kernel softmax --rows 64 \
        --columns k90,k90_se)" 0
}

# Half the width of the bracket covers the exact value.
@test "rows that do not fit in memory are bracketed" {
    local lln=lln:alpha=1.1:beta=0.9
    local of=(focus_head causal --causal --kernel softmax --kernel "$lln")
    "${of[@]}" --columns coverage > exact
    "${of[@]}" --columns all --coverage-memory 0 > bracket
    for name in $(head -n 1 exact | tr , ' '); do
        paste -d ' ' <(column "$name" < exact) <(column "$name" < bracket) \
            <(column "${name}_se" < bracket)
    done > values
    awk '{ error = $1 - $2; if (error < 0) error = -error
        wide += $3 > 0
        if (!(error <= $3 + 1e-12) || $3 > 0.05 * $2 + 0.5) { print; bad = 1 } }
        END { exit bad || NR != 50 || wide < 20 }' values
    "${of[@]}" --columns all --coverage-memory 1 > fits
    for name in $(head -n 1 exact | tr , ' '); do
        equal "$name" "$(column "$name" < fits)" "$(column "$name" < exact)"
        equal "${name}_se" "$(column "${name}_se" < fits | sort -u)" 0
    done
    "${of[@]}" --per-row --coverage-memory 0 --columns 'query,k90,k90_se' > rows
    equal rows "$(sed -n 2p rows)" 0,1,0
    # Attention by rows makes whole rows.
    equal relu "$(of_column k90_se focus_head none --kernel relu \
        --coverage-memory 0 --columns k90,k90_se)" 0
}

# The claim of the page.
@test "how far brackets are from the exact values" {
    local name mask columns='k??,gini'
    for mask in '' --causal; do
        # shellcheck disable=SC2086 # no word if there is no mask
        of_encoder $mask --columns "$columns" > exact 2> /dev/null
        # shellcheck disable=SC2086
        of_encoder $mask --columns "$columns,*_se" --coverage-memory 0 \
            > bracket 2> /dev/null
        for name in k50 k90 k95 k99 gini; do
            paste -d ' ' <(column $name < bracket) <(column $name < exact) |
                near 1e-3
            paste -d ' ' <(column ${name}_se < bracket) \
                <(column $name < exact) |
                awk '!($1 < 0.002 * $2) { print; bad = 1 }
                    END { exit bad || NR != 4 }'
        done
    done
}

@test "--distribution" {
    local of=(focus_head causal --causal --kernel softmax)
    "${of[@]}" --distribution 4 --coverage 0.5,0.9 > table
    equal header "$(head -n 1 table | cut -d, -f 10-)" \
        bin,keys_low,keys_high,k50,k90
    equal bins "$(cut -d, -f 10-12 table | tail -n +2 | paste -sd ' ')" \
        '0,1,1 1,2,3 2,4,7 3,8,nan'
    "${of[@]}" --per-row --columns k50,k90 | awk -F, 'NR > 1 {
            for (c = 1; c <= 2; c++) {
                b = int(log($c + 0.5) / log(2))
                n[c, b > 3 ? 3 : b]++
            } }
        END { for (c = 1; c <= 2; c++) for (b = 0; b < 4; b++)
            print n[c, b] / (NR - 1) }' OFMT=%.17g > expected
    { column k50 < table; column k90 < table; } | paste -d ' ' - expected |
        near 1e-15
    equal default "$("${of[@]}" --distribution | wc -l)" 17
    "${of[@]}" --distribution 3 --rows 20 --columns 'bin,k90,k90_se' > table
    awk -F, 'NR > 1 { e = sqrt($2 * (1 - $2) / 19 * (1 - 20 / 96))
        if ($3 - e > 1e-12 || e - $3 > 1e-12) exit 1 }' table
}

# k50_max is the mean over heads of their largest rows; the spread of k50 has no
# columns of the same names.
@test "averages over heads" {
    local of=(of_encoder --layers 0 --coverage 0.5)
    "${of[@]}" --columns k50,k50_max > heads
    "${of[@]}" --aggregate layer --columns 'k50*' > table
    equal header "$(head -n 1 table | tr , '\n' | sort | uniq -d)" ''
    for name in k50 k50_max; do
        echo "$(column $name < table)" \
            "$(column $name < heads | awk '{ s += $1 } END { print s / NR }' \
                OFMT=%.17g)"
    done | near 1e-12
    equal least "$(column k50_min < table)" \
        "$(column k50 < heads | sort -g | head -n 1)"
    equal most "$(column k50_max_max < table)" \
        "$(column k50_max < heads | sort -g | tail -n 1)"
}

@test "rows of sum 0 are left out, negative entries leave nothing" {
    focus_head none --kernel relu --columns coverage,row_sum_min > table
    equal nan "$(grep -c nan table)" 0
    run --separate-stderr focus_head causal --causal --kernel deltanet \
        --columns k90,k90_median,recall_4,gini,negative_mass
    equal status "$status" 0
    equal cells "$(cut -d, -f 1-4 <<< "${lines[1]}")" nan,nan,nan,nan
}

@test "the number of threads makes no difference" {
    for memory in 64 0; do
        for threads in 1 2; do
            of_encoder --threads $threads --causal --layers 0 --columns \
                coverage --coverage-memory $memory > "table$threads"
        done
        diff table1 table2
    done
}

@test "entropy is the same with coverage" {
    of_encoder --layers 0 --columns entropy_nats,top1_mass > alone
    of_encoder --layers 0 --columns entropy_nats,top1_mass,k90 |
        cut -d, -f 1-2 > both
    paste -d ' ' <(tr , '\n' < alone) <(tr , '\n' < both) |
        grep -v _ | near 1e-12
}

@test "bad usage" {
    refuses 2 '--coverage: 95 is out of range; expected fractions of a row from 0.000001 to 0.999999, such as 0.5,0.9' \
        lln-entropy --coverage 0.5,95
    refuses 2 '--coverage: 1 is out of range; expected fractions of a row from 0.000001 to 0.999999, such as 0.5,0.9' \
        lln-entropy --coverage 1
    refuses 2 '--coverage: 0.5 is given twice' lln-entropy --coverage 0.5,0.50
    refuses 2 "--coverage: 'x' is not a number; expected a number above 0, a list 0.5,1,2 or lo:hi:count[:log]" \
        lln-entropy --coverage x
    refuses 2 '--coverage: 33 numbers; expected at most 32' \
        lln-entropy --coverage 0.1:0.9:33
    refuses 2 '--recall: 1.5 is not a whole number from 1 to 1000000000' \
        lln-entropy --recall 1.5
    refuses 2 '--recall: 4 is given twice' lln-entropy --recall 4,4
    refuses 2 '--coverage cannot be used with --diagnose' \
        lln-entropy --diagnose --coverage 0.5
    refuses 2 '--recall cannot be used with --distribution' \
        lln-entropy --distribution --recall 4
    refuses 2 '--distribution cannot be used with --per-row' \
        lln-entropy --distribution --per-row
    refuses 2 '--distribution cannot be used with --diagnose' \
        lln-entropy --distribution --diagnose
    refuses 2 "--distribution: '41' is out of range; expected a whole number from 1 to 40" \
        lln-entropy --distribution=41
}
