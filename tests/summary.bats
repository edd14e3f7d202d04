#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-entropy --summary: its lines and its row, against the table of heads.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

encoder=$DATA/encoder.safetensors
# 6 heads of one layer, and their options
heads=(--layout hnd --q x.npy --k x.npy --causal -q --scale 2)

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    "$LLN_BIN/lln-attend" -n 300 -d 16 --trials 6 --causal --kernel softmax \
        --scale 2 -q -o x.npy
}

# enter: links the heads into the folder of the test.
enter() {
    ln -s "$BATS_FILE_TMPDIR/x.npy" .
}

# cell COLUMN < CSV: the cell of the only row.
cell() {
    column "$1" | head -n 1
}

# found LABEL < SUMMARY: what follows the label.
found() {
    sed -n "s/^$1  *//p"
}

# heads_above COLUMN THRESHOLD: number of heads of `table` above it.
heads_above() {
    column "$1" < table | awk -v threshold="$2" '
        $1 != "nan" && $1 > threshold { count++ } END { print count + 0 }'
}

# quantile P < NUMBERS: that of type 7.
quantile() {
    sort -g | awk -v p="$1" '
        { x[NR - 1] = $1 }
        END {
            at = p * (NR - 1)
            low = int(at)
            high = low + 1 < NR ? low + 1 : low
            printf "%.17g\n", x[low] + (at - low) * (x[high] - x[low])
        }'
}

@test "the row of --format is what columns of heads print" {
    enter
    local p
    lln-entropy "${heads[@]}" --kernel softmax > table
    lln-entropy "${heads[@]}" --kernel softmax --aggregate all > means
    lln-entropy "${heads[@]}" --summary --format csv > row
    equal rows "$(wc -l < row)" 2
    equal heads "$(cell heads < row)" 6
    equal kernel "$(cell kernel < row)" softmax
    for p in min median max; do
        equal $p "$(cell entropy_normalized_$p < row)" \
            "$(cell entropy_normalized_$p < means)"
    done
    for p in 10 90; do
        paste -d' ' <(cell entropy_normalized_q$p < row) \
            <(column entropy_normalized < table | quantile 0.$p)
    done | near 1e-15
    equal max_logit "$(cell max_logit < row)" "$(cell max_logit_max < means)"
    equal logit_heads "$(cell logit_heads < row)" "$(heads_above max_logit 11.09)"
    equal lowest "$(cell concentrated_head < row)" "$(paste -d' ' \
        <(column entropy_normalized < table) <(column head < table) |
        sort -g | awk 'NR == 1 { print $2 }')"
    equal highest "$(cell spread_head < row)" "$(paste -d' ' \
        <(column entropy_normalized < table) <(column head < table) |
        sort -g | awk 'END { print $2 }')"
}

@test "sinks, local and distant heads are those of the columns" {
    enter
    local name of options
    for options in '' '--local 9' '--local 9 --rows 40'; do
        # shellcheck disable=SC2086 # words
        {
            lln-entropy "${heads[@]}" --kernel softmax --columns all $options \
                > table
            lln-entropy "${heads[@]}" --kernel softmax --columns all $options \
                --aggregate all --sink-threshold 0.0155 > means
            lln-entropy "${heads[@]}" --summary --format csv $options \
                --sink-threshold 0.0155 --local-threshold 0.53 \
                --distant-threshold 0.46 > row
        }
        for name in sink:0.0155 local:0.53 distant:0.46; do
            of=${name%:*}
            equal "$of" "$(cell "${of}_heads" < row)" \
                "$(heads_above "${of}_mass" "${name#*:}")"
            equal largest "$(cell "${of}_mass_max" < row)" \
                "$(cell "${of}_mass_max" < means)"
            equal head "$(cell "${of}_head" < row)" "$(paste -d' ' \
                <(column "${of}_mass" < table) <(column head < table) |
                sort -g | awk 'END { print $2 }')"
        done
        echo "$(cell sink_heads < row) $(cell sink_rate < means)" |
            awk '{ print $1 / 6, $2 }' | near 1e-5
        echo "$(cell sink_mass_uniform < row) $(cell sink_mass_uniform < means)" |
            near 1e-15
        # some heads exceed the thresholds, and others do not
        [ "$options" != '--local 9' ] || equal counts \
            "$(cell sink_heads < row) $(cell local_heads < row) $(cell distant_heads < row)" '2 3 3'
    done
}

@test "the lines have the values of the row" {
    enter
    lln-entropy "${heads[@]}" --summary --precision 17 > lines
    lln-entropy "${heads[@]}" --summary --format csv --precision 17 > row
    [ "$(wc -l < lines)" -ge 10 ]
    equal entropy "$(found entropy < lines)" \
        "entropy_normalized: min $(cell entropy_normalized_min < row), 10 % $(cell entropy_normalized_q10 < row), median $(cell entropy_normalized_median < row), 90 % $(cell entropy_normalized_q90 < row), max $(cell entropy_normalized_max < row)"
    [[ $(found concentrated < lines) == "$(cell entropy_normalized_min < row) (head $(cell concentrated_head < row)), "* ]]
    [[ $(found 'spread out' < lines) == "$(cell entropy_normalized_max < row) (head $(cell spread_head < row)), "* ]]
    equal sinks "$(found sinks < lines)" \
        "$(cell sink_heads < row) of 6 heads with sink_mass > 0.29999999999999999; largest $(cell sink_mass_max < row) (head $(cell sink_head < row)); uniform attention $(cell sink_mass_uniform < row)"
    equal local "$(found local < lines)" \
        "$(cell local_heads < row) of 6 heads with local_mass > 0.5; largest $(cell local_mass_max < row) (head $(cell local_head < row)); within 64 tokens"
    equal distant "$(found distant < lines)" \
        "$(cell distant_heads < row) of 6 heads with distant_mass > 0.5; largest $(cell distant_mass_max < row) (head $(cell distant_head < row))"
    equal duplicates "$(found duplicates < lines)" \
        "$(cell duplicate_pairs < row) of 15 pairs of heads of one layer with js_nats < 0.050000000000000003; smallest $(cell js_nats_min < row) (heads $(cell duplicate_head < row) and $(cell duplicate_head_b < row)); of 32 rows"
    [[ $(found 'large logits' < lines) == "$(cell logit_heads < row) of 6 heads with max_logit > 11.089866488461016; largest $(cell max_logit < row) (head $(cell max_logit_head < row))" ]]
}

# pairs_of LAYER < TABLE: lines "js_nats head head_b" of a layer, a pair once.
pairs_of() {
    awk -F, -v layer="$1" '$1 == layer && $2 < $3 { print $4, $2, $3 }' |
        sort -g
}

@test "near-duplicates are the pairs of lln-attend --pairs heads --rows 32" {
    enter
    local options below closest kernel
    local printed=(--columns 'layer,head,head_b,js_nats' --precision 17)
    for options in '' '--seed 7' '--rows 50' '--double' \
        '--tau 2'; do
        for kernel in softmax elu topth:k=60; do
            # shellcheck disable=SC2086 # words
            {
                lln-entropy "${heads[@]:0:8}" --scale 0.3 --kernel $kernel \
                    --summary --format csv $options --precision 17 \
                    --duplicate-threshold 0.13 > row
                lln-attend "${heads[@]:0:8}" --scale 0.3 --kernel $kernel \
                    ${options#--rows 50} "${printed[@]}" --pairs heads --rows 32 \
                    > pairs
            }
            pairs_of nan < pairs > all
            equal pairs "$(wc -l < all)" 15
            below=$(awk '$1 < 0.13 { n++ } END { print n + 0 }' all)
            equal "$options" "$(cell duplicate_pairs < row)" "$below"
            closest="$(cell js_nats_min < row) $(cell duplicate_head < row) $(cell duplicate_head_b < row)"
            equal "$options" "$closest" "$(head -n 1 all)"
        done
    done
    # the rows are the same in both directions
    awk -F, 'NR > 1 { print $4, ($2 < $3 ? $2 " " $3 : $3 " " $2) }' pairs |
        sort | uniq -c | awk '{ exit $1 != ($3 == $4 ? 1 : 2) }'
}

@test "near-duplicates: lines, layers, key heads, and no pairs" {
    cp "$encoder" heads.safetensors
    lln-attend --layout hnd heads.safetensors -q --kernel softmax --rows 32 \
        --pairs heads --columns layer,head,head_b,js_nats > pairs
    lln-entropy --layout hnd heads.safetensors -q --summary > lines
    equal line "$(found duplicates < lines)" \
        '0 of 2 pairs of heads of one layer with js_nats < 0.05; smallest 0.2955 (layer 3, heads 0 and 1); of 32 rows'
    lln-entropy --layout hnd heads.safetensors -q --summary --format csv \
        --aggregate layer --duplicate-threshold 0.5 > rows
    equal layers "$(column js_nats_min < rows | tr '\n' ' ')" \
        "$({ pairs_of 0 < pairs; pairs_of 3 < pairs; } | cut -d' ' -f1 | tr '\n' ' ')"
    equal places "$(column duplicate_layer < rows | tr '\n' ' ')" '0 3 '
    # a layer with one head, and rows of heads that share no key head
    lln-entropy --layout hnd heads.safetensors -q --summary --heads 0 > lines
    equal none "$(found duplicates < lines)" \
        'no pairs of heads of one layer to compare'
    lln-entropy --layout hnd heads.safetensors -q --summary --format csv \
        --aggregate kv-head > rows
    equal none "$(column js_nats_min < rows | sort -u)" nan
    # sampled heads: 32 with each other; all rows if there are fewer than 32
    lln-entropy -n 20 --trials 35 --tau 1e4 --summary > lines
    [[ $(found duplicates < lines) == '499 of 499 pairs of heads of one layer with js_nats < 0.05; smallest '*'); of 20 rows' ]]
}

@test "four digits, layers and heads, commands that run" {
    cp "$encoder" heads.safetensors
    lln-entropy --layout hnd heads.safetensors -q --summary > lines
    equal title "$(sed -n 1,2p lines)" 'heads.safetensors, kernel softmax
heads          4 in 2 layers, 256 tokens, 64 features'
    equal concentrated "$(found concentrated < lines)" \
        '0.028 (layer 0, head 1), 0.2208 (layer 0, head 0), 0.7727 (layer 3, head 0)'
    equal 'large logits' "$(found 'large logits' < lines)" \
        '3 of 4 heads with max_logit > 11.09; largest 22.8 (layer 0, head 1)'
    equal float16 "$(found float16 < lines)" \
        'max_logit <= 65504 in all heads: no overflow of logits; exp(max_logit) overflows unless the largest logit of the row is subtracted first'
    equal next "$(grep -e ' --blocks ' lines)" '    lln-attend --layout hnd -q heads.safetensors --kernel softmax --layers 0 --heads 1 --blocks 512 -o map.safetensors'
    sed -n 's/^    //p' lines | while read -r command; do
        eval "$command" > /dev/null
    done
    equal arrays "$(lln-entropy --list map.safetensors --columns key,shape --no-header)" \
        'layers.0.map,"(1, 256, 256)"'
}

# Options of the summary, and those that --blocks does not take, are not in the
# commands; values of options need quotes.
@test "the commands have the options that the heads need" {
    enter
    ln x.npy 'a b.npy'
    lln-entropy --layout=hnd --q 'a b.npy' --k 'a b.npy' --rows 7 -q \
        --summary --logit-threshold 2 --precision 3 --threads 1 -o lines
    equal command "$(grep -e ' --blocks ' lines)" "    lln-attend --layout=hnd --q 'a b.npy' --k 'a b.npy' -q --kernel softmax --heads $(awk '/^concentrated/ { print $4 + 0 }' lines) --blocks 512 -o map.safetensors"
}

# lln-attend takes one file, and draws a random kernel once.
@test "the commands name one step and no trials" {
    cp "$encoder" at_20.safetensors
    cp "$encoder" at_3.safetensors
    lln-entropy --layout hnd -q --summary --kernel performer --trials 2 \
        'at_{step}.safetensors' > lines
    for file in at_3 at_20; do
        echo "    lln-attend --layout hnd -q $file.safetensors" \
            "--kernel performer --pairs heads" \
            "--columns layer,head,head_b,js_nats"
    done > expected
    grep -e ' --pairs ' lines | diff expected -
    sed -n 's/^    //p' lines | while read -r command; do
        eval "$command" > /dev/null
    done
}

@test "attention weights from a file" {
    lln-attend -q -n 24 -d 4 --trials 2 --write-heads p.npz --write-p
    lln-entropy --attention p.npz --layout hnm -q --summary > lines
    equal title "$(head -n 2 lines)" 'p.npz, kernel attention
heads          2 in 1 layer, 24 tokens'
    eval "$(grep -e ' --blocks ' lines)"
    equal map "$(lln-entropy --list map.safetensors --columns shape --no-header)" \
        '"(1, 24, 24)"'
}

@test "thresholds" {
    enter
    lln-entropy "${heads[@]}" --kernel softmax > table
    lln-entropy "${heads[@]}" --summary --logit-threshold 8.5 > lines
    equal count "$(found 'large logits' < lines | cut -d' ' -f1-7)" \
        "$(heads_above max_logit 8.5) of 6 heads with max_logit >"
    # 65504 is the largest number of float16
    lln-entropy "${heads[@]:0:8}" --scale 10000 --summary > lines
    [[ $(found float16 < lines) == 'logits above 65504 in '[1-6]' of 6 heads become infinite; exp'* ]]
}

@test "a summary for each file, kernel, temperature, layer" {
    cp "$encoder" a.safetensors
    cp "$encoder" b.safetensors
    titles() {
        lln-entropy --layout hnd -q --summary "$@" | grep kernel |
            grep -v '^    '
    }
    equal files "$(titles a.safetensors b.safetensors)" \
        $'a.safetensors, kernel softmax\nb.safetensors, kernel softmax'
    # each command names one file, one temperature, and the user's layers
    lln-entropy --layout hnd -q --summary a.safetensors b.safetensors \
        --layers 3 --tau 0.5,1 --sink-threshold 0.003 --local 9 > lines
    local name tau
    for name in a:0.5 b:1; do
        tau=${name#*:} name=${name%:*}
        echo "lln-entropy --layout hnd -q --layers 3 $name.safetensors" \
            "--kernel softmax --tau $tau" \
            "--columns id,sink_mass,sink_mass_uniform,sink_rows"
        echo "lln-attend --layout hnd -q $name.safetensors --kernel softmax" \
            "--tau $tau --layers 3 --heads 0 --blocks 512 -o map.safetensors"
        echo "lln-attend --layout hnd -q --layers 3 $name.safetensors" \
            "--kernel softmax --tau $tau" \
            "--pairs heads --columns layer,head,head_b,js_nats"
    done > expected
    sed -n 's/^    //p' lines | sed -n '1,3p;10,12p' | diff expected -
    sed -n 's/^    //p' lines | while read -r command; do
        eval "$command" > /dev/null
    done
    equal kernels "$(titles a.safetensors --kernel softmax,elu)" \
        $'a.safetensors, kernel softmax\na.safetensors, kernel elu'
    equal taus "$(titles a.safetensors --tau 0.5,1)" \
        $'a.safetensors, kernel softmax, tau 0.5\na.safetensors, kernel softmax, tau 1'
    equal layers "$(titles a.safetensors --aggregate layer)" \
        $'a.safetensors, layer 0, kernel softmax\na.safetensors, layer 3, kernel softmax'
    equal gaussian "$(titles a.safetensors --layers 3 --heads 1)" \
        'a.safetensors, kernel softmax'
    lln-entropy -n 16 --trials 3 --summary > lines
    equal title "$(head -n 2 lines)" 'gaussian, kernel softmax
heads          3, 16 tokens, 64 features'
    equal next "$(grep -e ' --blocks ' lines)" \
        '    lln-attend -n 16 --trials 3 --kernel softmax --blocks 512 -o map.safetensors'
    eval "$(grep -e ' --blocks ' lines)"
    equal arrays "$(lln-entropy --list map.safetensors --columns shape --no-header)" \
        '"(3, 16, 16)"'
}

@test "heads without values" {
    run --separate-stderr lln-entropy -n 1 -d 2 --trials 2 --summary \
        --kernel lln
    equal status "$status" 0
    equal heads "$(found heads <<< "$output")" \
        '2, 1 token, 2 features; 2 without entropy'
    equal entropy "$(found entropy <<< "$output")" 'no head has one'
    equal logits "$(found 'large logits' <<< "$output")" \
        'max_logit is not defined for these heads'
}

@test "the same lines on any number of threads" {
    enter
    lln-entropy "${heads[@]}" --summary --threads 1 > one
    lln-entropy "${heads[@]}" --summary --threads 2 > two
    diff <(grep -v '^    ' one) <(grep -v '^    ' two)
    local many=(-n 90 --trials 40 --tau 9 --summary --format csv)
    lln-entropy "${many[@]}" --threads 1 > one
    lln-entropy "${many[@]}" --threads 2 > two
    cmp one two
}

@test "a bound, and bad usage" {
    run --separate-stderr lln-entropy -n 16 -d 4 --trials 2 --summary \
        --fail-above logit_heads=-1
    equal status "$status" 3
    [ "$(wc -l <<< "$output")" -ge 9 ]
    local option
    for option in --per-row --diagnose --each --jackknife --shard=1/2 \
        --grid=4x4 --qk-clip=30 --coverage=0.5; do
        refuses 2 "${option%%=*} cannot be used with --summary" \
            lln-entropy --summary "$option"
    done
    for option in --columns=id --no-header '--resume'; do
        refuses 2 "${option%%=*} needs --format with --summary, which prints lines" \
            lln-entropy --summary "$option" -o x
    done
    for option in local distant logit duplicate; do
        refuses 2 "--$option-threshold needs --summary" \
            lln-entropy --$option-threshold 0.5
    done
    refuses 2 "--local-threshold: '2' is out of range; expected a number from 0 to 1" \
        lln-entropy --summary --local-threshold 2
}

@test "interrupted: lines cannot be continued" {
    run --separate-stderr signalled INT 50 lln-entropy -n 2048 --trials 500 \
        --summary -q -o lines
    equal status "$status" 130
    equal stderr "$stderr" \
        'lln-entropy: interrupted: 0 of 500 cases written to lines.partial'
}
