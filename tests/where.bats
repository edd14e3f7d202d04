#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The groups where and shape of lln-entropy: values of tests/data/focus, which a
# dense float64 program computed, options and what they refuse.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# expect_case CASE KERNEL RELATIVE COLUMN=QUANTITY... -- OPTION...: the columns
# agree with the quantities of scalars.csv, where -1 means no key.
expect_case() {
    local name=$1 kernel=$2 relative=$3 pairs=() columns=() pair
    shift 3
    while [ "$1" != -- ]; do
        pairs+=("$1")
        columns+=("${1%%=*}")
        shift
    done
    shift
    local list
    list=$(IFS=,; echo "${columns[*]}")
    focus_head "$name" --columns "$list" --precision 17 --no-header "$@" |
        tr , '\n' > values
    for pair in "${pairs[@]}"; do
        focus_value "$name,$kernel,${pair#*=}"
    done > wanted
    equal "count of $name" "$(wc -l < wanted)" "${#pairs[@]}"
    paste values wanted | awk -v relative="$relative" -v name="$name" '{
        size = $2 < 0 ? -$2 : $2
        error = $1 - $2 < 0 ? $2 - $1 : $1 - $2
        if ($2 == -1)
            $2 = "nan"
        if (($1 == "nan") != ($2 == "nan") ||
            ($1 != "nan" && error > relative * size + 1e-30)) {
            print name ": line " NR ": " $1 ", expected " $2
            bad = 1
        }
    } END { exit bad }'
}

ALL='sink_mass=sink_mass sink_mass_uniform=sink_mass_uniform
    sink_rows=sink_rows column_share_max=column_share_max
    column_share_key=column_share_key column_mass_max=column_mass_max
    column_mass_key=column_mass_key self_mass=self_mass
    previous_mass=previous_mass local_mass=local_mass_16
    distant_mass=distant_mass_16 distance_mean=distance_mean
    distance_median=distance_median varentropy=mean:varentropy_nats2
    renyi2_nats=mean:renyi2_nats'
LOGITS='min_logit=min_logit logit_sd=logit_sd logit_rms=logit_rms
    qk_clip_factor=qk_clip_factor_t5'

@test "the columns agree with dense programs for every mask" {
    printf '0 7 8 38 60\n' > documents.txt
    local softmax=(--kernel softmax --local 16 --qk-clip 5 --double)
    # shellcheck disable=SC2086
    {
        expect_case none softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}"
        expect_case causal softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" \
            --causal
        expect_case window softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" \
            --causal --window 12
        expect_case band softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" \
            --window 10
        expect_case short softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" \
            --causal
        expect_case docs softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" \
            --causal --documents documents.txt
        expect_case ties softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}"
        expect_case uniform softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" \
            --causal
        expect_case sharp softmax 1e-12 $ALL $LOGITS -- "${softmax[@]}" --causal
        expect_case causal softmax_sink_logit=0.7 1e-12 $ALL -- \
            "${softmax[@]}" --causal --sink 0.7
    }
}

@test "the columns agree with dense programs for lln and cross-attention" {
    local lln=(--kernel lln:alpha=1.1:beta=0.9 --local 16 --double)
    local cross="${ALL%%self_mass=*} varentropy=mean:varentropy_nats2
        renyi2_nats=mean:renyi2_nats"
    # shellcheck disable=SC2086
    {
        expect_case causal lln:alpha=1.1:beta=0.9 1e-12 $ALL -- "${lln[@]}" \
            --causal
        expect_case cross softmax 1e-12 $cross $LOGITS -- --double \
            --qk-clip 5 --kernel softmax
    }
    equal missing "$(focus_head cross --kernel softmax --no-header --columns \
        self_mass,previous_mass,local_mass,distant_mass,'distance*')" \
        nan,nan,nan,nan,nan,nan
}

@test "--grid: distances in patches" {
    local grid=(--kernel softmax --double --grid 6x7 --prefix-tokens 1)
    expect_case grid softmax 1e-12 prefix_mass=prefix_mass \
        grid_distance_mean=grid_distance_mean \
        grid_distance_median=grid_distance_median -- "${grid[@]}"
    [[ $(focus_head grid "${grid[@]}" | head -n 1) == *,grid_distance_median* ]]
    equal without "$(focus_head grid --kernel softmax --no-header --columns \
        grid_distance_mean)" nan
    run --separate-stderr focus_head grid --kernel softmax --grid 6x6
    equal status "$status" 0
    [[ $output == *,nan,nan,nan ]]
    [[ $stderr == *'a grid of 6x6 patches after 0 tokens needs 36 queries and'* ]]
}

@test "--grid and --prefix-tokens: bad usage" {
    local bad
    for bad in 6 6x 0x3 x7 6x7x8 6X7 -1x2; do
        run --separate-stderr lln-entropy -n 8 -d 2 --grid=$bad
        equal "status of $bad" "$status" 2
        [[ $stderr == *"--grid: '$bad' is not two whole numbers above 0"* ]]
    done
    run --separate-stderr lln-entropy -n 8 -d 2 --prefix-tokens 1
    equal status "$status" 2
    [[ $stderr == *'--prefix-tokens needs --grid'* ]]
    for bad in '--local 0' '--sink-threshold 2' '--qk-clip 0'; do
        # shellcheck disable=SC2086
        run --separate-stderr lln-entropy -n 8 -d 2 $bad
        equal "status of $bad" "$status" 2
    done
}

@test "--aggregate: sink_rate is the fraction of heads with a sink" {
    local file=$DATA/encoder.safetensors rates
    rates=$(lln-entropy -q --layout hnd "$file" --kernel softmax --no-header \
        --columns sink_mass | sort -g | tail -n 1)
    equal one "$(lln-entropy -q --layout hnd "$file" --kernel softmax \
        --aggregate all --columns sink_rate --no-header \
        --sink-threshold "$rates")" 0
    equal all "$(lln-entropy -q --layout hnd "$file" --kernel softmax \
        --aggregate all --columns sink_rate --no-header --sink-threshold 0)" 1
}

@test "--per-row: rows average to the columns of the head" {
    local names=sink_mass,self_mass,previous_mass,local_mass,distant_mass
    names=$names,distance_mean,varentropy,renyi2_nats
    focus_head causal --kernel softmax --causal --double --local 16 \
        --precision 17 --per-row --no-header --columns "$names" | awk -F, -v OFS=, '
        { for (i = 1; i <= NF; i++) if ($i != "nan") { s[i] += $i; n[i]++ } }
        END { for (i = 1; i <= NF; i++)
            printf "%.10g%s", s[i] / n[i], i < NF ? "," : "\n" }' > rows
    focus_head causal --kernel softmax --causal --double --local 16 \
        --no-header --precision 10 --columns "$names" > of_head
    equal rows "$(cat rows)" "$(cat of_head)"
}

# The blocks of blockdiag and the window of the kernel window are masks.
@test "kernels that are softmax under a mask of their own" {
    local all=(-n 40 -d 4 --each --trials 1 --columns
        'where,shape,norm,coverage,previous_rows')
    for causal in --causal --causal=none; do
        equal blocks "$(lln-entropy "${all[@]}" $causal \
            --kernel blockdiag:block=8)" "$(lln-entropy "${all[@]}" $causal \
            --kernel softmax --chunk 8)"
        equal window "$(lln-entropy "${all[@]}" $causal \
            --kernel window:reach=4)" "$(lln-entropy "${all[@]}" $causal \
            --kernel softmax --window 5)"
    done
}

@test "--rows: means over drawn rows have errors" {
    run --separate-stderr focus_head causal --kernel softmax --causal \
        --rows 20 --columns 'local_mass_se,varentropy_se,column_share_max_se' \
        --no-header
    equal status "$status" 0
    [[ $output =~ ^0\.[0-9]+,0\.[0-9]+,nan$ ]]
}

@test "results do not depend on the number of threads, or on other columns" {
    local all=(-n 700 -d 8 --each --causal --kernel softmax --columns
        'where,shape')
    equal threads "$(lln-entropy "${all[@]}" --threads 1)" \
        "$(lln-entropy "${all[@]}" --threads 2)"
    equal entropy \
        "$(lln-entropy -n 300 -d 8 --each --double --kernel softmax --columns \
            entropy_nats --precision 10)" \
        "$(lln-entropy -n 300 -d 8 --each --double --kernel softmax --columns \
            entropy_nats,where,shape --precision 10 | cut -d, -f1)"
}
