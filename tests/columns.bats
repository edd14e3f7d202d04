#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --columns: names, globs and groups. Only what the columns need is computed.
# shellcheck disable=SC2154 # bats sets stderr
load helper

identity=source,layer,head,kernel,n,d,causal,samples,tau

header() {
    "$@" | head -n 1
}

@test "names, globs and groups, in the order given, each column once" {
    local of=(lln-entropy -n 16 -d 4 --each)
    equal names "$(header "${of[@]}" --columns max_logit,kernel,max_logit)" \
        max_logit,kernel
    equal glob "$(header "${of[@]}" --columns 'head,entropy_m*')" \
        head,entropy_min_nats,entropy_max_nats
    equal id "$(header "${of[@]}" --columns top1_mass,id)" \
        top1_mass,$identity
    # What is printed on request alone: the rule, and what is of a sink or of
    # --jackknife.
    equal all "$(header "${of[@]}" --columns tau,all)" \
        "tau,$(header "${of[@]}" | sed 's/,tau,/,rule,config,/'),outside_mass,entropy_with_sink_nats,jackknife_groups,n_var,entropy_qnorm_corr,entropy_qnorm_spearman,entropy_norm_slope,previous_rows,previous_mass_uniform,$(header "${of[@]}" --columns where),varentropy,renyi2_nats,min_logit,logit_sd,logit_rms,qk_clip_factor,$(header "${of[@]}" --columns coverage)"
    equal sink "$(header "${of[@]}" --columns sink)" \
        outside_mass,entropy_with_sink_nats
    equal default "$(header "${of[@]}" --columns default)" \
        "$(header "${of[@]}")"
    equal twice "$(header "${of[@]}" --columns tau --columns kernel)" \
        tau,kernel
}

@test "standard errors and extremes are columns too" {
    equal errors "$(header lln-entropy -n 16 -d 4 --columns 'kernel,*_nats_se')" \
        kernel,entropy_nats_se,entropy_min_nats_se,entropy_max_nats_se,entropy_theory_nats_se,entropy_with_sink_nats_se,renyi2_nats_se
    equal extremes "$(header lln-entropy --layout hnd --aggregate all \
        "$DATA/encoder.safetensors" --columns 'kernel,top1*')" \
        kernel,top1_mass,top1_mass_min,top1_mass_max,top1_mass_sd,top1_mass_median,top1_mass_se
}

@test "the cells are those of the complete table" {
    local tool
    for tool in lln-entropy lln-stats lln-spectral lln-match; do
        $tool -n 60 -d 8 > whole
        for name in $(head -n 1 whole | tr , ' '); do
            $tool -n 60 -d 8 --columns "kernel,tau,head,$name" > one 2> /dev/null
            equal "$tool $name" "$(column "$name" < one)" \
                "$(column "$name" < whole)"
        done
    done
}

@test "tables of rows, bins, eigenvalues, kernels, arrays and approximations" {
    equal row "$(header lln-entropy -n 8 -d 2 --per-row --columns 'query,e*')" \
        query,entropy_nats,entropy_normalized,effective_keys,entropy_with_sink_nats,entropy_norm_slope
    equal model "$(header lln-entropy -n 8 -d 2 --diagnose --columns \
        'kernel,heads*')" kernel,heads_undefined
    equal bins "$(header lln-stats -n 8 -d 2 --histogram 3 --columns \
        'bin,*density')" bin,density,normal_density
    equal quantiles "$(header lln-stats -n 8 -d 2 --qq 3 --columns \
        quantile)" quantile
    equal matrices "$(header lln-stats -n 8 -d 2 --normality --columns \
        matrix,mean)" matrix,mean
    equal eigenvalues "$(header lln-spectral -n 8 -d 2 --eigenvalues 2 \
        --columns rank,re)" rank,re
    equal singular "$(header lln-spectral -n 8 -d 2 --singular 2 \
        --columns 'rank,centered*')" \
        rank,centered_sigma,centered_sigma_residual
    equal comparison "$(header lln-attend -n 8 -d 2 --compare softmax \
        --columns kernel,reference,kl_nats)" kernel,reference,kl_nats
    equal fenton "$(header lln-stats --fenton --columns 'id,exact*')" \
        d,s2,exact_mean,exact_variance
    equal arrays "$(lln-entropy --list "$DATA/encoder.safetensors" --columns \
        key,shape | sed -n 2p)" 'layers.0.q,"(2, 256, 64)"'
}

@test "every format" {
    local of=(lln-stats --fenton --s2 1 -d 4 --columns "d,s2")
    prints $'d\ts2\n4\t1' "${of[@]}" --format tsv
    prints $'[\n{"d":4,"s2":1}\n]' "${of[@]}" --format json
    prints '{"d":4,"s2":1}' "${of[@]}" --format ndjson
    prints 4,1 "${of[@]}" --no-header
}

@test "bounds look at columns that are not printed" {
    run --separate-stderr lln-entropy -n 8 -d 2 --kernel softmax \
        --columns kernel --fail-above top1_mass=0.1
    equal status "$status" 3
    equal stdout "$output" $'kernel\nsoftmax'
    [[ $stderr == *': top1_mass is 0.'*'; expected at most 0.1' ]]
}

@test "a warning, once, about rows with equal identity columns" {
    local warning='these columns do not distinguish all rows; add id, or some of its columns'
    run --separate-stderr lln-entropy -n 8 -d 2 --each --columns kernel
    equal status "$status" 0
    equal stderr "$stderr" "lln-entropy: --columns: $warning"
    run --separate-stderr lln-entropy -n 8 -d 2 --columns tau
    equal stderr "$stderr" "lln-entropy: --columns: $warning"
    for columns in kernel head,kernel id; do
        run --separate-stderr lln-entropy -n 8 -d 2 --columns $columns
        equal stderr "$stderr" ''
    done
    run --separate-stderr lln-entropy -n 8 -d 2 --per-row --trials 1 \
        --kernel softmax --columns query,top1_mass
    equal stderr "$stderr" ''
    # The rows of one head have equal identity columns.
    while read -r column tool options; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr $tool -n 8 -d 2 $options --columns id
        equal stderr "$stderr" \
            "$tool: --columns: these columns do not distinguish all rows; add id and $column"
    done << 'END'
query lln-entropy --per-row
bin lln-entropy --by-position 3
length lln-entropy --at-lengths 4,8
method lln-match --method paper,fenton
bin lln-stats --histogram 3
point lln-stats --qq 3
matrix lln-stats --normality
rank lln-spectral --eigenvalues 3
rank lln-spectral --singular 3
END
    # Columns that follow from the identity do not distinguish rows.
    local encoder=$BATS_TEST_DIRNAME/data/encoder.safetensors
    while read -r tool options; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr $tool --layout hnd -q "$encoder" $options
        equal stderr "$stderr" "$tool: --columns: $warning"
    done << END
lln-spectral --columns sigma1
lln-attend --compare softmax --columns kl_nats
lln-attend --against $encoder --columns js_nats
lln-entropy --against $encoder --columns entropy_nats
END
    for pairs in head layer; do
        run --separate-stderr lln-attend --layout hnd -q "$encoder" \
            --pairs ${pairs}s --columns js_nats
        equal stderr "$stderr" \
            "lln-attend: --columns: ${warning%, or *} and ${pairs}_b"
    done
}

@test "what no column needs is not computed" {
    # Eigenvalues of 3000 tokens take seconds and P 36 MB; the theory does not.
    run --separate-stderr bash -c 'ulimit -t 4 && exec lln-spectral -n 30000 \
        --trials 1 --kernel softmax --columns lambda2_theory --threads 1'
    equal status "$status" 0
    # A temperature that no column needs is not measured: the head has none.
    npy q.npy '<f4' '(1, 1)' < <(printf '\0\0\0\0')
    cp q.npy k.npy
    prints $'source,row_sum_min\nq.npy,1' lln-entropy --q q.npy --k k.npy \
        --kernel softmax --columns source,row_sum_min
}

@test "bad usage" {
    refuses 2 "--columns: no column or group 'entropy_nat'; similar names are entropy_nats, entropy_nats_se" \
        lln-entropy -n 8 -d 2 --columns entropy_nat
    refuses 2 "--columns: no column or group 'defualt'; similar names are default" \
        lln-entropy -n 8 -d 2 --columns id,defualt
    refuses 2 "--columns: no column or group ''; expected one of all, id, default, d, s2, exact_mean, exact_variance, fenton_mean, fenton_variance, variance_error, log_variance_row, log_variance, fenton_row_variance, paper_line" \
        lln-stats --fenton --columns d,
    refuses 2 "--columns: no column or group 'x*'; expected one of all, id, default, source, layer, head, kernel, n, d, causal, samples, tau, rule, config, bin, z_low, z_high, density, normal_density, z_middle, z_low_se, z_high_se, density_se, normal_density_se, z_middle_se" \
        lln-stats --histogram 2 --columns 'x*' -o table
    refuses 2 '--columns needs --compare, --against or --pairs' \
        lln-attend --columns id
}

@test "columns of another table name its option" {
    refuses 2 "--columns: no column or group 'ks_p_value'; it needs --bootstrap" \
        lln-stats --columns id,ks_p_value
    refuses 2 "--columns: no column or group 'bootstrap'; it needs --bootstrap" \
        lln-stats --columns bootstrap
    refuses 2 "--columns: no column or group 'fenton_row_variance'; it needs --fenton" \
        lln-stats --columns fenton_row_variance
    refuses 2 "--columns: no column or group 'anderson_p'; it needs --normality" \
        lln-stats --columns anderson_p
    refuses 2 "--columns: no column or group 'shapiro_p_adjusted'; it needs --per-feature" \
        lln-stats --normality --columns matrix,shapiro_p_adjusted
}

@test "groups that an option shows by default can be chosen" {
    equal bootstrap "$(header lln-stats -n 8 -d 2 --each --trials 1 \
        --bootstrap 2 --columns bootstrap)" \
        ks_p_value,ks_draws,ks_null_mean,ks_null_95
    equal jackknife "$(header lln-entropy -n 8 -d 2 --trials 1 \
        --kernel softmax --jackknife --columns jackknife)" \
        jackknife_groups,n_var
}
