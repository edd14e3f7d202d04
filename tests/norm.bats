#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The columns of lln-entropy about the norms of queries (group norm).
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# like_reference CASE KERNEL OPTION...: correlation and slope of softmax (minus
# the varentropy) within 1e-12, of rows that are not uniform.
like_reference() {
    local name=$1 kernel=$2
    shift 2
    [ "$name" != uniform ] || return 0
    focus_head "$name" --double --columns norm "$@" > table
    {
        echo "$(column entropy_qnorm_corr < table)" \
            "$(focus_value "$name,$kernel,entropy_normalised_qnorm_pearson")"
        [[ $kernel != softmax* ]] ||
            echo "$(column entropy_norm_slope < table)" \
                "-$(focus_value "$name,$kernel,mean:varentropy_nats2")"
    } | near 1e-12
}

@test "correlation and slope of the reference cases" {
    focus_cases like_reference
}

# The formula of the page in a dense numpy program, float64.
@test "the slope of LLN" {
    local lln=lln:alpha=1.1:beta=0.9
    {
        echo "$(focus_head none --kernel $lln --columns norm |
            column entropy_norm_slope) -0.14611404041205678"
        echo "$(focus_head causal --causal --kernel $lln --columns norm |
            column entropy_norm_slope) -0.09862150332241514"
        echo "$(focus_head cross --kernel $lln --columns norm |
            column entropy_norm_slope) -0.12278800280491835"
    } | near 1e-12
}

# Without a mask H_i / ln m_i has the ranks of H_i.
@test "the correlation of ranks" {
    for name in none cross ties grid; do
        echo "$(focus_head $name --kernel softmax --columns norm |
            column entropy_qnorm_spearman)" \
            "$(focus_value $name,softmax,entropy_qnorm_spearman)"
    done | near 1e-12
}

@test "uniform rows have no correlation, and slope 0" {
    prints 'entropy_qnorm_corr,entropy_qnorm_spearman,entropy_norm_slope
nan,nan,0' focus_head uniform --causal --kernel softmax --columns norm
}

# The difference of two runs: entropies with queries scaled by 1.01 and 0.99
# through the scale of the logits, which is the same for softmax.
@test "the slope of a row is the change of its entropy" {
    local at=(focus_head causal --causal --double --kernel softmax --per-row)
    "${at[@]}" --columns query,q_norm,entropy_norm_slope > table
    "${at[@]}" --scale 0.2525 --columns query,entropy_nats > longer
    "${at[@]}" --scale 0.2475 --columns query,entropy_nats > shorter
    paste -d' ' <(column entropy_nats < longer) \
        <(column entropy_nats < shorter) |
        awk '{ print ($1 - $2) / log(1.01 / 0.99) }' > change
    paste -d' ' <(column entropy_norm_slope < table) change |
        near 1e-3 absolute
    equal first "$(column entropy_norm_slope < table | head -n 1)" 0
    column q_norm < table | head -n 3 | paste -d' ' - <(printf '%s\n' \
        7.240285825035779 6.194617677265709 5.453686992587073) | near 1e-12
}

# Entropies of elu differ by 1e-3 between rows, so that float32 without fused
# multiply-add leaves 2e-5 of their correlation.
@test "float32 rows agree with float64 ones" {
    local of=(lln-entropy "$DATA/encoder.safetensors" --layout hnd --quiet
        --columns norm --kernel)
    for kernel in softmax lln elu; do
        "${of[@]}" $kernel > single
        "${of[@]}" $kernel --double > double
        paste -d' ' <(column entropy_qnorm_corr < single) \
            <(column entropy_qnorm_corr < double) | near 5e-5
        paste -d' ' <(column entropy_norm_slope < single) \
            <(column entropy_norm_slope < double) | near 1e-5
    done
}

@test "threads do not change a digit" {
    local of=(lln-entropy -n 700 -d 8 --causal --each --trials 2
        --columns 'head,kernel,norm' --kernel softmax --kernel lln --kernel elu)
    "${of[@]}" --threads 1 > one
    "${of[@]}" --threads 2 > two
    cmp one two
}

@test "drawn rows have errors, and --jackknife has none for these columns" {
    local of=(lln-entropy -n 300 -d 8 --each --trials 1 --quiet
        --columns 'norm,entropy_nats_se' --kernel softmax)
    "${of[@]}" --rows 100 > some
    "${of[@]}" --rows 300 > all
    "${of[@]}" --jackknife > left
    for name in entropy_qnorm_corr entropy_qnorm_spearman entropy_norm_slope; do
        echo "$(column $name < some) $(column $name < all)" |
            near "$(awk -v x="$(column ${name}_se < some)" \
                'BEGIN { print 4 * x }')" absolute
        equal all "$(column ${name}_se < all)" 0
        equal left "$(column ${name}_se < left)" nan
        equal same "$(column $name < left)" "$(column $name < all)"
    done
}

@test "kernels with negative entries and attention weights have none" {
    prints 'entropy_qnorm_corr,entropy_norm_slope
nan,nan' lln-entropy -n 64 -d 8 --trials 1 --each --kernel deltanet \
        --causal --columns entropy_qnorm_corr,entropy_norm_slope
    printf '\0\0\200\77\0\0\0\77\0\0\0\77\0\0\200\77' |
        npy weights.npy '<f4' '(2, 2)'
    run --separate-stderr lln-entropy --attention weights.npy \
        --columns norm --quiet
    equal status "$status" 0
    equal cells "${lines[1]}" nan,nan,nan
}

# The table in NOTES of the page.
@test "the table of slopes by kernel" {
    for d in 64 16; do
        lln-entropy -n 512 -d $d --trials 8 --tau 2,1,0.5,0.33333 \
            --kernel softmax --kernel lln --kernel elu --kernel relu \
            --columns kernel,tau,norm > "$d"
        sed -n '/^kernel  *sigma/,/^\.Ed/s/\\-/-/gp' \
            "$BATS_TEST_DIRNAME/../man/lln-entropy.1" |
            awk -v d=$d '{ print $1, $2, d == 64 ? $3 " " $4 : $5 " " $6 }' |
            sort > wanted
        awk -F, 'NR > 1 { printf "%s %.3g %.3f %.3g\n", $1, 1 / $2, $3, $5 }' \
            "$d" | sort > printed
        equal rows "$(wc -l < printed)" 16
        diff <(cut -d' ' -f1,2 wanted) <(cut -d' ' -f1,2 printed)
        paste -d' ' <(cut -d' ' -f3 printed) <(cut -d' ' -f3 wanted) |
            near 0.0011 absolute
        paste -d' ' <(cut -d' ' -f4 printed) <(cut -d' ' -f4 wanted) |
            near 0.006
    done
}
