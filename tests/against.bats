#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Heads compared with heads: --against and --pairs.
# shellcheck disable=SC2034,SC2154 # helper.bash sets and reads variables
load helper

first=first.safetensors second=second.safetensors
identity=source,layer,head,kernel,n,d,causal,samples,tau
distances=js_nats,total_variation,hellinger,row_cosine,matrix_cosine,kl_nats
distances=$distances,kl_reverse_nats,top_overlap,transfer_recall
distances=$distances,transfer_recall_relative,relative_error,cosine

# numbers FILE...: those of .npy files, without headers, which have 128 bytes.
numbers() {
    local file
    for file; do
        tail -c +129 "$file"
    done
}

# shape_of FILE: the shape of a .npy file, such as "64, 8".
shape_of() {
    head -c 128 "$1" | LC_ALL=C sed -n "s/.*'shape': (\([^)]*\)).*/\1/p"
}

# stack NAME.npy FILE...: one array of all, with an axis before theirs.
stack() {
    local name=$1
    shift
    numbers "$@" | npy "$name" '<f8' "($#, $(shape_of "$1"))"
}

# file_of NAME AXES Q K: NAME.safetensors with queries and keys of .npy files.
file_of() {
    local q k
    q=$(numbers "$3" | wc -c) k=$(numbers "$4" | wc -c)
    numbers "$3" "$4" | safetensors "$1.safetensors" "$(printf '{"q":
        {"dtype": "F64", "shape": [%s%s], "data_offsets": [0, %d]}, "k":
        {"dtype": "F64", "shape": [%s%s], "data_offsets": [%d, %d]}}' \
        "$2" "$(shape_of "$3")" "$q" "$2" "$(shape_of "$4")" "$q" $((q + k)))"
}

# two_heads CASE: q.npy and k.npy, head 0 of the case and head 1 the second one.
two_heads() {
    stack q.npy "$FOCUS/$1_q.npy" "$FOCUS/$1_second_q.npy"
    stack k.npy "$FOCUS/$1_k.npy" "$FOCUS/$1_second_k.npy"
}

# both CASE: first.safetensors and second.safetensors, the heads of the case.
both() {
    file_of first '' "$FOCUS/$1_q.npy" "$FOCUS/$1_k.npy"
    file_of second '' "$FOCUS/$1_second_q.npy" "$FOCUS/$1_second_k.npy"
}

# expected CASE QUANTITY: from compare.csv, softmax of both heads.
expected() {
    awk -F, -v case="$1" -v name="$2" '$1 == case && $2 == "softmax:first" &&
        $4 == name { print $5 }' "$FOCUS/compare.csv"
}

# check CASE TOP TOLERANCE < TABLE: all values against compare.csv.
check() {
    tee table > /dev/null
    for name in js_nats kl_nats kl_reverse_nats total_variation hellinger \
        matrix_cosine; do
        echo "$(column $name < table) $(expected "$1" $name)"
    done | near "$3"
    echo "$(column row_cosine < table) $(expected "$1" cosine)" | near "$3"
    for name in top_overlap transfer_recall transfer_recall_relative; do
        echo "$(column $name < table) $(expected "$1" "${name}_$2")"
    done | near "$3"
}

@test "the header and the default kernel" {
    both none
    run --separate-stderr lln-attend -q "$first" --against "$second"
    equal status "$status" 0
    equal header "${lines[0]}" "$identity,source_b,$distances"
    equal rows "${#lines[@]}" 2
    equal row "$(cut -d, -f1,4,10 <<< "${lines[1]}")" \
        "$first",softmax,"$second"
    two_heads none
    run --separate-stderr lln-attend --layout hnd --q q.npy --k k.npy \
        --pairs heads
    equal header "${lines[0]}" "$identity,layer_b,head_b,$distances"
    equal rows "${#lines[@]}" 5
}

@test "--against: reference values" {
    for case in none cross causal; do
        both $case
        mask=()
        [ $case != causal ] || mask=(--causal)
        for top in 4 10; do
            lln-attend -q "$first" --against "$second" --top $top --double \
                "${mask[@]}" | check $case $top 1e-12
            lln-attend -q "$first" --against "$second" --top $top \
                "${mask[@]}" | check $case $top 1e-5
        done
    done
}

@test "a file against itself" {
    both causal
    lln-attend -q "$first" --against "$first" --kernel softmax,lln,relu \
        --causal > table
    for name in js_nats kl_nats kl_reverse_nats total_variation hellinger; do
        equal $name "$(column $name < table | tr '\n' ' ')" '0 0 0 '
    done
    for name in top_overlap transfer_recall_relative; do
        equal $name "$(column $name < table | tr '\n' ' ')" '1 1 1 '
    done
}

@test "--pairs heads and --pairs layers: all pairs, in both directions" {
    two_heads causal
    lln-attend --layout hnd --q q.npy --k k.npy --pairs heads --causal \
        --double > pairs
    equal pairs "$(cut -d, -f3,11 pairs | tr '\n' ' ')" \
        'head,head_b 0,0 0,1 1,0 1,1 '
    sed -n '1p;3p' pairs | check causal 10 1e-12
    echo "$(column kl_reverse_nats < pairs | sed -n 3p)" \
        "$(expected causal kl_nats)" | near 1e-12
    lln-attend --layout lnd --q q.npy --k k.npy --pairs layers --causal \
        --double > by_layer
    equal layers "$(cut -d, -f2,10 by_layer | tr '\n' ' ')" \
        'layer,layer_b 0,0 0,1 1,0 1,1 '
    equal values "$(cut -d, -f12- by_layer)" "$(cut -d, -f12- pairs)"
    lln-attend --layout hnd --q q.npy --k k.npy --pairs layers > none
    equal alone "$(cut -d, -f3,11 none | tr '\n' ' ')" 'head,head_b 0,0 1,1 '
}

# Equal queries have no alpha and beta, and cannot be given a temperature.
@test "all pairs of heads of which one cannot be measured" {
    printf '\0\0\0\0\0\0\0\0\0\0\200\77\0\0\0\100' |
        npy q.npy '<f4' '(2, 2, 1)'
    cp q.npy k.npy
    for options in '--kernel lln' '--kernel softmax --tau 1'; do
        # shellcheck disable=SC2086 # words
        lln-attend --layout hnd --q q.npy --k k.npy --pairs heads $options \
            --columns head,head_b,js_nats --no-header > pairs
        equal pairs "$(tr '\n' ' ' < pairs)" '0,0,nan 0,1,nan 1,0,nan 1,1,0 '
    done
}

# Equal queries have no alpha and beta.
@test "a head that cannot be measured leaves the values of the other" {
    local header='{"q":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
        "k":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}}'
    printf '\0\0\200\77\0\0\0\100\0\0\200\77\0\0\0\100' |
        safetensors good.st "$header"
    printf '\0\0\0\0\0\0\0\0\0\0\200\77\0\0\0\100' |
        safetensors equal.st "$header"
    local of=(lln-entropy --kernel lln --columns entropy_nats --no-header)
    value=$("${of[@]}" good.st)
    [[ $value == 0.* ]]
    equal b "$("${of[@]}" equal.st --against good.st)" "nan,$value,nan"
    equal a "$("${of[@]}" good.st --against equal.st)" "$value,nan,nan"
}

@test "--shard and --heads keep the partners" {
    two_heads none
    lln-attend --layout hnd --q q.npy --k k.npy --pairs heads > all
    lln-attend --layout hnd --q q.npy --k k.npy --pairs heads --shard 2/2 > half
    equal half "$(tail -n +2 half)" "$(tail -n 2 all)"
    lln-attend --layout hnd --q q.npy --k k.npy --pairs heads --heads 1 > one
    equal one "$(tail -n +2 one)" "$(tail -n 1 all)"
}

# Heads that are compared later, temperatures and shards use the same rows.
@test "--pairs with several --tau and --shard: the same bytes as one by one" {
    pairs() {
        lln-attend --layout hnd -q --no-header "$DATA/encoder.safetensors" \
            --kernel softmax,elu "$@"
    }
    for option in heads layers; do
        pairs --pairs $option --tau 0.5,1 | sort > all
        equal "$option" "$(wc -l < all)" 32
        for tau in 0.5 1; do
            pairs --pairs $option --tau $tau
        done | sort | cmp - all
        for shard in 1/3 2/3 3/3; do
            pairs --pairs $option --tau 0.5,1 --shard $shard
        done | sort | cmp - all
    done
}

@test "only the columns asked for are computed" {
    both none
    lln-attend -q "$first" --against "$second" > all
    for name in js_nats top_overlap layer_b; do
        lln-attend -q "$first" --against "$second" --columns $name > some
        equal name "$(head -n 1 some)" $name
        [ $name = layer_b ] ||
            equal $name "$(column $name < some)" "$(column $name < all)"
    done
    lln-attend -q "$first" --against "$second" --fail-above js_nats=0.9
    run --separate-stderr lln-attend -q "$first" --against "$second" \
        --fail-above js_nats=0.1
    equal status "$status" 3
}

# With the keys as values: the outputs of --write-heads files and of the tool.
@test "outputs with values of both files" {
    both causal
    for file in first second; do
        lln-attend --causal --key-v k --kernel softmax --double -o $file.o.npy \
            -q $file.safetensors
    done
    lln-attend -q "$first" --against "$second" --key-v k --causal > table
    paste <(tail -c $((96 * 16 * 8)) first.o.npy | od -An -v -w8 -t f8) \
        <(tail -c $((96 * 16 * 8)) second.o.npy | od -An -v -w8 -t f8) | awk '
        { e += ($1 - $2)^2; all += $2^2; ab += $1 * $2; a += $1^2; b += $2^2 }
        NR % 16 == 0 { angles += ab / sqrt(a * b); ab = a = b = 0 }
        END { printf "%.12g\n%.12g\n", sqrt(e / all), angles / (NR / 16) }
        ' > outputs
    { column relative_error < table; column cosine < table; } |
        paste - outputs | near 1e-5
}

@test "--rows: all rows are within the stated standard errors" {
    two_heads none
    pairs() {
        lln-attend --layout hnd --q q.npy --k k.npy --pairs heads "$@" |
            sed -n '1p;3p'
    }
    pairs > all
    pairs --rows 24 > some
    pairs --rows 64 > whole
    for name in js_nats kl_nats hellinger transfer_recall; do
        equal whole "$(column $name < whole)" "$(column $name < all)"
        echo "$(column $name < some) $(column $name < all)" \
            "$(column ${name}_se < some)"
    done | awk '
        { error = $1 - $2; if (error < 0) error = -error }
        !($3 > 0 && error < 4 * $3) { print; failed = 1 }
        END { exit failed || NR != 4 }'
}

@test "documents, lengths, sinks and masks apply to both files" {
    both none
    printf '20\n' > lengths
    awk 'BEGIN { for (i = 0; i < 64; i++) print (i >= 24) }' > documents
    for option in '--lengths lengths' '--documents documents --causal' \
        '--sink 0.5' '--window 9' '--scale 0.1' '--tau 1'; do
        # shellcheck disable=SC2086 # an option and its value
        lln-attend -q "$first" --against "$first" $option > same
        equal "$option" "$(column js_nats < same)" 0
        # shellcheck disable=SC2086
        lln-attend -q "$first" --against "$second" $option > differ
        column js_nats < differ | awk '{ exit !($1 > 0 && $1 < 0.6) }'
    done
}

@test "steps: those of the same number, or all against one file" {
    both causal
    cp "$first" a_10.safetensors && cp "$second" a_20.safetensors
    cp "$first" b_10.safetensors && cp "$first" b_20.safetensors
    lln-attend -q --causal --double 'a_{step}.safetensors' \
        --against 'b_{step}.safetensors' \
        > table
    equal steps "$(cut -d, -f2,11 table | tr '\n' ' ')" \
        'step,source_b 10,b_10.safetensors 20,b_20.safetensors '
    equal first "$(column js_nats < table | head -n 1)" 0
    echo "$(column js_nats < table | tail -n 1) $(expected causal js_nats)" |
        near 1e-12
    lln-attend -q --causal --double 'a_{step}.safetensors' \
        --against "$first" > one
    equal values "$(column js_nats < one)" "$(column js_nats < table)"
}

@test "attention weights of two files" {
    both causal
    for file in first second; do
        lln-attend -q --write-heads $file.p.npz --write-p --double --causal \
            $file.safetensors
    done
    lln-attend -q "$first" --against "$second" --causal --double > heads
    lln-attend -q --attention first.p.npz --key-attention 'layers.{layer}.p' \
        --layout hnm --against second.p.npz > weights
    for name in js_nats kl_nats top_overlap row_cosine; do
        echo "$(column $name < weights) $(column $name < heads)"
    done | near 1e-12
}

@test "lln-entropy and lln-stats: columns of both files" {
    both causal
    for tool in lln-entropy lln-stats; do
        name=entropy_nats other=top1_mass
        [ $tool = lln-entropy ] || name=log_variance_row other=log_mean
        for file in first second; do
            $tool -q --causal --kernel softmax $file.safetensors \
                --columns $name,$other > $file
        done
        $tool -q --causal --kernel softmax "$first" --against "$second" \
            --columns $name,$other,source_b > table
        equal header "$(head -n 1 table)" "${name}_a,${name}_b,${name}_delta,$(
        )${other}_a,${other}_b,${other}_delta,source_b"
        for value in $name $other; do
            equal a "$(column "${value}_a" < table)" "$(column "$value" < first)"
            equal b "$(column "${value}_b" < table)" \
                "$(column "$value" < second)"
            echo "$(column "${value}_delta" < table)" "$(column "$value" \
                < second | awk -v a="$(column "$value" < first)" \
                '{ printf "%.17g", $1 - a }')"
        done | near 1e-12
    done
    lln-entropy -q --causal "$first" --against "$second" --rows 20 > rows
    column entropy_nats_a_se < rows | awk 'NR == 1 { exit !($1 > 0) }'
    equal delta "$(column entropy_nats_delta_se < rows | head -n 1)" nan
}

@test "files that do not fit each other" {
    both none
    cp "$first" none.safetensors
    two_heads none
    both cross
    files_before=$(ls -A)
    refuses 1 'none.safetensors: 64 queries and 64 keys; first.safetensors: 48 and 90; expected the same numbers' \
        lln-attend -q none.safetensors --against "$first"
    run --separate-stderr lln-attend -q --layout hnd --q q.npy --k k.npy \
        --against none.safetensors
    equal status "$status" 1 # the layout has heads, and that file has none
    lln-entropy -q none.safetensors --against "$first" --columns entropy_nats
    refuses 2 '--against needs heads from files; use FILE, or --q and --k' \
        lln-attend --against none.safetensors
    refuses 2 '--pairs needs heads from files; use FILE, or --q and --k' \
        lln-attend --pairs heads
    refuses 2 "--pairs: expected heads or layers, found 'rows'" \
        lln-attend none.safetensors --pairs rows
    refuses 2 '--against cannot be used with --pairs' \
        lln-attend none.safetensors --pairs heads --against "$first"
    refuses 2 '--compare cannot be used with --against' \
        lln-attend none.safetensors --compare softmax --against "$first"
    refuses 2 '--plan cannot be used with --pairs' \
        lln-attend none.safetensors --pairs heads --plan
    refuses 2 '--output: o.npz: --against writes a table; expected a name that does not end in .npy, .npz or .safetensors' \
        lln-attend none.safetensors --against "$first" -o o.npz
    refuses 2 '--aggregate cannot be used with --pairs' \
        lln-attend -q none.safetensors --pairs heads --aggregate all
    refuses 2 '--against cannot be used with --per-row' \
        lln-entropy -q none.safetensors --against "$first" --per-row
    refuses 2 '--against cannot be used with --diagnose' \
        lln-entropy -q none.safetensors --against "$first" --diagnose
    refuses 2 '--against cannot be used with --normality' \
        lln-stats -q none.safetensors --against "$first" --normality
    refuses 2 '--top needs --compare, --against or --pairs' \
        lln-attend none.safetensors --top 3
    refuses 1 "'{layer}.npz': no file in '.' matches; expected names with whole numbers in place of {step}, {layer} and {head}" \
        lln-attend -q none.safetensors --against '{layer}.npz'
}

@test "heads that the other file lacks, or has in addition" {
    two_heads none
    file_of one '1, ' "$FOCUS/none_q.npy" "$FOCUS/none_k.npy"
    file_of two '' q.npy k.npy
    files_before=$(ls -A)
    refuses 1 'two.safetensors: head 1: no head with these numbers in one.safetensors; expected one' \
        lln-attend -q --layout hnd two.safetensors --against one.safetensors
    refuses 1 'two.safetensors: head 1: no head with these numbers in one.safetensors; select heads with --layers and --heads' \
        lln-attend -q --layout hnd one.safetensors --against two.safetensors
    lln-attend -q --layout hnd two.safetensors --against one.safetensors \
        --heads 0 > table
    equal js "$(column js_nats < table)" 0
}
