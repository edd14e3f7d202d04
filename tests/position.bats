#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --by-position and --at-lengths: means of rows against the position of the
# query, and for the first tokens of a text.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
# shellcheck disable=SC2030,SC2031 # each test has its own `kernels`
load helper

# The kernels of the following two.
kernels=softmax

# of_focus CASE OPTION...: focus_head with these kernels.
of_focus() {
    focus_head "$@" --kernel "$kernels"
}

# of_encoder OPTION...: the table of layer 0, head 1 of the sample.
of_encoder() {
    lln-entropy --quiet --layout hnd --layers 0 --heads 1 --kernel "$kernels" \
        "$DATA/encoder.safetensors" "$@"
}

# lengths_near CASE LIST OPTION...: the lengths of LIST against scalars.csv,
# which a dense float64 program computed.
lengths_near() {
    local name=$1 list=$2 pair length
    shift 2
    of_focus "$name" --at-lengths "$list" "$@" > table
    for pair in entropy_nats=entropy_nats ln_keys=ln_keys_mean \
        entropy_last_row_nats=entropy_last_row top1_mass=top1_mass; do
        for length in ${list//,/ }; do
            focus_value "$name,softmax,prefix$length:${pair#*=}"
        done | paste -d ' ' <(column "${pair%%=*}" < table) -
    done | near 1e-12
}

# columns_of LIST < TABLE: some columns.
columns_of() {
    local name files=()
    cat > all
    for name in ${1//,/ }; do
        column "$name" < all > "$name.column"
        files+=("$name.column")
    done
    paste -d, "${files[@]}"
}

means=entropy_nats,entropy_normalized,effective_keys,top1_mass
ids='source,layer,head,kernel,n,d,causal,samples,tau'
rows="keys,$means,max_logit,ln_keys"

@test "entropies at lengths against a dense program" {
    lengths_near none 4,8,32,64 --double
    lengths_near ties 4,8,16,32 --double
    lengths_near grid 4,8,21,43 --double
    lengths_near causal 4,8,48,96 --causal --double
    lengths_near uniform 4,8,10,20 --causal --double
    lengths_near sharp 4,8,24,48 --causal --double
    lengths_near none 4,8,32,64
    lengths_near causal 4,8,48,96 --causal
}

@test "columns" {
    run --separate-stderr of_focus causal --causal --at-lengths 3,96
    equal stderr "$stderr" ''
    equal header "${lines[0]}" "$ids,length,queries,entropy_last_row_nats,$rows"
    equal rows "${#lines[@]}" 3
    run --separate-stderr of_focus causal --causal --by-position 2
    equal stderr "$stderr" ''
    equal header "${lines[0]}" "$ids,bin,position_min,position_max,queries,$rows"
    equal rows "${#lines[@]}" 3
}

@test "one bin, and all tokens, are the summary of the head" {
    kernels=softmax,lln:alpha=2:beta=2
    for options in '' --causal '--window 20' '--causal --window 9' '--rows 40' \
        '--rows 40 --causal'; do
        local errors=
        [[ $options != --rows* ]] ||
            errors=,entropy_nats_se,entropy_normalized_se,top1_mass_se
        # shellcheck disable=SC2086 # words
        of_encoder $options | columns_of $means$errors > summary
        # shellcheck disable=SC2086 # words
        of_encoder $options --by-position 1 | columns_of $means$errors |
            diff summary -
        # shellcheck disable=SC2086 # words
        of_encoder $options --double | columns_of $means$errors > summary
        # shellcheck disable=SC2086 # words
        of_encoder $options --double --at-lengths 256 |
            columns_of $means$errors | tr , '\n' |
            paste -d ' ' - <(tr , '\n' < summary) | near 1e-13
    done
}

@test "bins of positions are averages of rows" {
    of_encoder --causal --by-position 3 > bins
    equal minima "$(column position_min < bins | paste -sd ,)" 0,86,171
    equal maxima "$(column position_max < bins | paste -sd ,)" 85,170,255
    equal queries "$(column queries < bins | paste -sd ,)" 86,85,85
    of_encoder --causal --per-row > rows
    for name in keys entropy_nats top1_mass max_logit entropy_normalized; do
        column $name < rows | awk -v OFMT=%.17g -v CONVFMT=%.17g '
            { bin = int((NR - 1) * 3 / 256) }
            $1 != "nan" { sum[bin] += $1; count[bin]++ }
            END { for (i = 0; i < 3; i++) print sum[i] / count[i] }' |
            paste -d ' ' <(column $name < bins) - | near 1e-13
    done
}

@test "more bins than queries, and the default" {
    of_focus uniform --causal --by-position 40 > table
    equal rows "$(wc -l < table)" 41
    equal queries "$(column queries < table | sort | uniq -c | awk '
        { print $2 "x" $1 }' | paste -sd ,)" 0x20,1x20
    equal empty "$(column entropy_nats < table | grep -c nan)" 20
    equal 'default bins' "$(of_focus causal --by-position | wc -l)" 17
    equal 'default bins' "$(of_focus causal --by-position=5 | wc -l)" 6
}

@test "positions with fewer queries than keys" {
    head -c 1152 "$FOCUS/none_q.npy" | tail -c 1024 | npy q.npy '<f8' '(16, 8)'
    few=(lln-entropy --quiet --kernel softmax --q q.npy --k
        "$FOCUS/none_k.npy")
    "${few[@]}" --causal --by-position 2 > table
    equal positions "$(column position_min < table | paste -sd ,)" 48,56
    "${few[@]}" --causal=top --by-position 2 > table
    equal positions "$(column position_min < table | paste -sd ,)" 0,8
    "${few[@]}" --by-position 2 > table
    equal positions "$(column position_min < table | paste -sd ,)" 0,8
    # Queries at keys 48 to 63.
    "${few[@]}" --causal --at-lengths 48,49,60 > table 2> message
    equal queries "$(column queries < table | paste -sd ,)" nan,1,12
    grep -x 'lln-entropy: q.npy: .*--at-lengths: none of the first 48 tokens is a query' message
    "${few[@]}" --at-lengths 8 > table 2> message
    equal entropy "$(column entropy_nats < table)" nan
    grep 'without a mask, 16 queries and 64 keys have no common positions' \
        message
}

# cut_named COLUMNS N OPTION...: the first N tokens of case none, and a file of
# these.
cut_named() {
    local names=$1 n=$2 d=8
    shift 2
    for side in q k; do
        head -c $((128 + 8 * d * n)) "$FOCUS/none_$side.npy" |
            tail -c $((8 * d * n)) | npy $side.npy '<f8' "($n, $d)"
    done
    lln-entropy --quiet --kernel "$kernels" --q q.npy --k k.npy "$@" \
        --by-position 1 | columns_of "$names" > wanted
    of_focus none "$@" --at-lengths "$n" | columns_of "$names" > found
    paste -d ' ' <(tr , '\n' < found) <(tr , '\n' < wanted) | near 1e-12
}

cut_alike() {
    cut_named $means "$@"
}

@test "the first tokens are like a file that ends there" {
    for n in 5 17 40; do
        for kernels in softmax lln:alpha=1.1:beta=0.9 kvt:k=3 elu blockdiag; do
            cut_alike $n
            cut_alike $n --causal
        done
        kernels=softmax
        for options in '--window 4' '--window 9,3' '--causal --window 4' \
            '--chunk 7' '--sink 0.7' '--sink 0.7 --causal' '--softcap 2'; do
            # shellcheck disable=SC2086 # words
            cut_alike $n $options
        done
    done
}

@test "documents" {
    awk 'BEGIN { for (i = 0; i < 64; i++) print int(i / 13) }' > documents
    of_focus none --documents documents --at-lengths 30 |
        columns_of $means > found
    head -n 30 documents > first
    for side in q k; do
        head -c $((128 + 1920)) "$FOCUS/none_$side.npy" | tail -c 1920 |
            npy $side.npy '<f8' '(30, 8)'
    done
    lln-entropy --quiet --kernel softmax --q q.npy --k k.npy \
        --documents first | columns_of $means > wanted
    paste -d ' ' <(tr , '\n' < found) <(tr , '\n' < wanted) | near 1e-12
}

# Columns of other files, which are not mentioned in those of these tables.
@test "every column of rows has means" {
    local names=k90,k95,recall_4,gini,entropy_norm_slope
    local options='--coverage 0.9,0.95 --recall 4 --double --columns all'
    for mask in '' --causal '--window 7'; do
        # shellcheck disable=SC2086 # words
        cut_named $names 20 $mask $options
        # shellcheck disable=SC2086 # words
        of_focus causal $mask $options | columns_of $names > wanted
        # shellcheck disable=SC2086 # words
        of_focus causal $mask $options --by-position 1 | columns_of $names |
            tr , '\n' | paste -d ' ' - <(tr , '\n' < wanted) | near 1e-12
    done
    of_focus causal --causal --by-position 2 --columns bin,duplicate_mass \
        --token-ids "$FOCUS/causal_tokens.txt" > table
    of_focus causal --causal --per-row --columns query,duplicate_mass \
        --token-ids "$FOCUS/causal_tokens.txt" | column duplicate_mass |
        awk '$1 != "nan" { sum[NR > 48] += $1; count[NR > 48]++ }
            END { printf "%.17g\n%.17g\n", sum[0] / count[0],
                sum[1] / count[1] }' |
        paste -d ' ' <(column duplicate_mass < table) - | near 1e-13
}

@test "half the widths of brackets are errors, as in the table of heads" {
    local options='-n 3000 -d 8 --trials 1 --kernel softmax --coverage 0.9
        --coverage-memory 0 --columns all'
    for rows in '' '--rows 60'; do
        # shellcheck disable=SC2086 # words
        lln-entropy $options $rows | columns_of k90,k90_se > wanted
        # shellcheck disable=SC2086 # words
        lln-entropy $options $rows --by-position 1 | columns_of k90,k90_se |
            diff wanted -
    done
}

@test "sampled heads are averaged, and heads of a layer" {
    lln-entropy -n 32 -d 4 --trials 3 --kernel softmax --by-position 2 > table
    equal rows "$(wc -l < table)" 3
    equal samples "$(column samples < table | paste -sd ,)" 3,3
    column entropy_nats_se < table | grep -v nan
    lln-entropy -n 32 -d 4 --trials 3 --kernel softmax --at-lengths 8,32 \
        --columns length,entropy_nats > table
    lln-entropy -n 32 -d 4 --trials 3 --kernel softmax |
        column entropy_nats > whole
    column entropy_nats < table | tail -n 1 | paste -d ' ' - whole | near 1e-7
    lln-entropy --quiet --layout hnd --kernel softmax --aggregate layer \
        --at-lengths 16,64 "$DATA/encoder.safetensors" > table
    equal rows "$(wc -l < table)" 5
    column entropy_nats_max < table | grep -v nan
}

# Nothing is estimated from some of the rows or trials.
@test "one trial has no standard errors" {
    for options in '--by-position 2' '--at-lengths 8,9' \
        '--at-lengths 8,9 --causal'; do
        # shellcheck disable=SC2086 # words
        lln-entropy -n 16 -d 4 --trials 1 --kernel softmax $options > table
        equal errors "$(column entropy_nats_se < table | paste -sd ,)" nan,nan
    done
    lln-entropy -n 16 -d 4 --trials 1 --kernel softmax --by-position 2 \
        --rows 16 > table
    equal errors "$(column entropy_nats_se < table | paste -sd ,)" 0,0
}

@test "the values do not depend on the number of threads" {
    for options in --by-position '--at-lengths 100,700,1100' \
        '--at-lengths 100,700 --rows 200' '--at-lengths 100,1100 --causal'; do
        # shellcheck disable=SC2086 # words
        lln-entropy -n 1100 -d 8 --trials 1 $options --threads 1 > one
        # shellcheck disable=SC2086 # words
        lln-entropy -n 1100 -d 8 --trials 1 $options --threads 3 > three
        cmp one three
    done
}

# Query 3 sees no key among the first 8 tokens.
@test "a row without keys is in no mean" {
    awk 'BEGIN {
        for (i = 0; i < 64; i++)
            for (j = 0; j < 64; j++) printf "%d", (i != 3 || j > 9)
    }' | tr 01 '\000\001' | npy mask.npy '|b1' '(64, 64)'
    of_focus none --mask mask.npy --at-lengths 8 > table
    equal queries "$(column queries < table)" 8
    of_focus none --at-lengths 8 > plain
    for side in q k; do
        head -c $((128 + 512)) "$FOCUS/none_$side.npy" | tail -c 512 |
            npy $side.npy '<f8' '(8, 8)'
    done
    lln-entropy --quiet --kernel softmax --q q.npy --k k.npy --per-row \
        --columns entropy_nats,query | awk -F, '
        NR > 1 && $2 != 3 { sum += $1 }
        END { printf "%.17g\n", sum / 7 }' |
        paste -d ' ' <(column entropy_nats < table) - | near 1e-12
}

@test "a head that is too short" {
    of_focus causal --causal --at-lengths 10,97,200 > table 2> message
    equal queries "$(column queries < table | paste -sd ,)" 10,nan,nan
    grep -- '--at-lengths: 97 exceeds the number of tokens, 96' message
    rm message table
    refuses 2 '--at-lengths: 65 exceeds the number of tokens, 64' \
        lln-entropy -n 64 --at-lengths 64,65
}

@test "attention weights: only causal ones" {
    of_focus causal --causal --at-lengths 20,96 --double |
        columns_of $means > wanted
    lln-attend --quiet --kernel softmax --q "$FOCUS/causal_q.npy" \
        --k "$FOCUS/causal_k.npy" --causal --double --write-heads causal.npz \
        --write-p
    lln-attend --quiet --kernel softmax --q "$FOCUS/causal_q.npy" \
        --k "$FOCUS/causal_k.npy" --double --write-heads full.npz --write-p
    lln-entropy --list causal.npz > list
    key=$(grep -o '[^,]*\.p' list | head -n 1)
    lln-entropy --quiet --layout hnm --attention "causal.npz:$key" \
        --at-lengths 20,96 |
        columns_of $means | tr , '\n' |
        paste -d ' ' - <(tr , '\n' < wanted) | near 1e-9
    lln-entropy --quiet --layout hnm --attention "full.npz:$key" \
        --at-lengths 20 > table 2> message
    equal entropy "$(column entropy_nats < table)" nan
    grep 'attention weights that are not causal' message
}

@test "bad usage" {
    refuses 2 '--by-position cannot be used with --at-lengths' \
        lln-entropy --by-position --at-lengths 4
    refuses 2 '--per-row cannot be used with --by-position' \
        lln-entropy --per-row --by-position
    refuses 2 '--diagnose cannot be used with --at-lengths' \
        lln-entropy --diagnose --at-lengths 4
    refuses 2 '--jackknife cannot be used with --at-lengths' \
        lln-entropy --jackknife --at-lengths 4
    refuses 2 '--at-lengths: 2.5 is not a whole number' \
        lln-entropy --at-lengths 2.5
    refuses 2 '--at-lengths: a length is given twice' \
        lln-entropy --at-lengths 8,16,8
    refuses 2 "--columns: no column or group 'bin'; it needs --by-position" \
        lln-entropy --columns bin
    refuses 2 "--columns: no column or group 'length'; it needs --at-lengths" \
        lln-entropy --columns id,length
    run lln-entropy --by-position=0
    equal status "$status" 2
    run lln-entropy --at-lengths 0
    equal status "$status" 2
}
