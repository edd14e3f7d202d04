#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-entropy --token-ids and --pattern: the mass on patterns of tokens.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

# like_reference CASE KERNEL OPTION...: all columns of ids within 1e-12, if the
# case has ids.
like_reference() {
    local name=$1 kernel=$2 column
    shift 2
    [ -e "$FOCUS/${name}_tokens.txt" ] || return 0
    focus_head "$name" --double --columns patterns \
        --token-ids "$FOCUS/${name}_tokens.txt" "$@" > table
    for column in {duplicate,induction}_{mass,rows,mass_uniform} \
        previous_{mass,rows,mass_uniform}; do
        echo "$(column "$column" < table)" \
            "$(focus_value "$name,$kernel,$column")"
    done | near 1e-12
}

@test "the reference cases" {
    focus_cases like_reference
}

# By hand: a b a b, uniform rows of 1 to 4 keys. Row 2 has the duplicate 0 and
# row 3 the duplicate 1; the key after them is the induction key.
@test "--per-row, and columns by default" {
    printf '%s\n' 0 0 0 0 > zeros.txt
    printf '%16s' '' | tr ' ' '\0' | npy zero.npy '<f4' '(4, 1)'
    echo 5 9 5 9 > ids.txt
    local of=(lln-entropy --q zero.npy --k zero.npy --causal --quiet
        --kernel softmax --token-ids ids.txt)
    "${of[@]}" --per-row > table
    equal duplicate "$(column duplicate_mass < table | tr '\n' ' ')" \
        'nan nan 0.3333333333333333 0.25 '
    equal induction "$(column induction_mass < table | tr '\n' ' ')" \
        'nan nan 0.3333333333333333 0.25 '
    "${of[@]}" > table
    equal rows "$(column duplicate_rows < table)" 0.5
    equal previous "$(column previous_rows < table)" 0.75
    equal header "$(head -n 1 table | grep -o 'duplicate.*')" \
        "$(echo {duplicate,induction}_{mass,rows,mass_uniform} \
            previous_{rows,mass_uniform,mass} | tr ' ' ',')"
}

# All rows of a batch of two have their own ids; padding has ids too.
@test "ids of a batch, of files and of sampled heads" {
    awk 'BEGIN { srand(1); for (i = 0; i < 48; i++) printf "%c%c%c%c", \
        0, 0, 128 * int(2 * rand()), 63 }' | LC_ALL=C head -c 192 > q
    npy q.npy '<f4' '(2, 1, 12, 2)' < q
    echo 1 2 1 2 1 2 3 3 3 3 3 3 > one
    echo 4 5 6 7 8 9 4 5 6 7 8 9 > two
    cat one two > both
    local of=(lln-entropy --q q.npy --k q.npy --layout bhnd --causal --quiet
        --kernel softmax --columns patterns)
    "${of[@]}" --token-ids both > table
    "${of[@]}" --token-ids one > first
    "${of[@]}" --token-ids two > second
    equal first "$(sed -n 2p table)" "$(sed -n 2p first)"
    equal second "$(sed -n 3p table)" "$(sed -n 3p second)"
    echo 8 > lengths
    "${of[@]}" --token-ids two --lengths lengths | column duplicate_rows |
        head -n 1 | sed 's/$/ 0.25/' | near 1e-15
    "${of[@]}" --token-ids two --lengths lengths --padding left |
        column duplicate_rows | head -n 1 | sed 's/$/ 0.25/' | near 1e-15
    lln-entropy -n 12 -d 2 --trials 2 --token-ids one --columns patterns |
        column induction_rows > rows
    equal rows "$(sort -u rows)" 0.75
}

@test "--pattern: flags and numbers, one for all heads or one for each" {
    printf '\0\0\0\1\0\0\1\1\0' | npy flags.npy '|b1' '(3, 3)'
    printf '\0\0\0\2\0\0\0\4\0' | npy whole.npy '|u1' '(3, 3)'
    printf '%12s' '' | tr ' ' '\0' | npy zero.npy '<f4' '(3, 1)'
    local of=(lln-entropy --q zero.npy --k zero.npy --kernel softmax --quiet
        --columns patterns)
    "${of[@]}" --pattern flags.npy > table
    paste -d' ' <(column pattern_mass < table) <(echo 0.5) | near 1e-15
    paste -d' ' <(column pattern_rows < table) <(echo 0.6666666666666666) |
        near 1e-15
    paste -d' ' <(column pattern_mass_uniform < table) <(echo 0.5) |
        near 1e-15
    "${of[@]}" --causal --pattern whole.npy > table
    # 2/2 of row 1 and 4/3 of row 2
    paste -d' ' <(column pattern_mass < table) <(echo 1.1666666666666667) |
        near 1e-15
    "${of[@]}" --causal --pattern whole.npy --per-row \
        --columns query,pattern_mass > table
    equal rows "$(column pattern_mass < table | tr '\n' ' ')" \
        'nan 1 1.3333333333333333 '
}

@test "drawn rows, threads, --jackknife" {
    seq 0 299 | awk '{ print $1 % 17 }' > ids
    local of=(lln-entropy -n 300 -d 4 --trials 1 --each --causal
        --kernel softmax --token-ids ids --columns 'patterns,duplicate_mass_se')
    "${of[@]}" --rows 100 > some
    lln-entropy -n 300 -d 4 --trials 1 --each --causal --kernel softmax \
        --token-ids ids --columns patterns > all
    echo "$(column duplicate_mass < some) $(column duplicate_mass < all)" |
        near "$(awk -v x="$(column duplicate_mass_se < some)" \
            'BEGIN { print 4 * x }')" absolute
    "${of[@]}" --jackknife --threads 1 > one
    "${of[@]}" --jackknife --threads 2 > two
    cmp one two
    equal left "$(column duplicate_mass_se < one)" nan
    equal same "$(column duplicate_mass < one)" "$(column duplicate_mass < all)"
}

@test "refusals" {
    echo 1 2 3 > ids
    files_before=ids
    refuses 2 "--token-ids: ids: 3 ids; expected one for each of 4 tokens, or \
a line of 4 for each entry of the batch" \
        lln-entropy -n 4 -d 2 --token-ids ids
    refuses 2 "--token-ids cannot be used with --diagnose" \
        lln-entropy -n 3 -d 2 --token-ids ids --diagnose
    refuses 2 "--columns: no column or group 'duplicate_mass'; it needs \
--token-ids" lln-entropy -n 3 -d 2 --columns duplicate_mass
    refuses 2 "--columns: no column or group 'pattern_rows'; it needs \
--pattern" lln-entropy -n 3 -d 2 --columns pattern_rows
    refuses 1 "none: No such file or directory" \
        lln-entropy -n 3 -d 2 --token-ids none
    refuses 2 "--pattern -: standard input is not read; expected the name of \
a file" lln-entropy -n 3 -d 2 --pattern -
    printf '\377\377\377\377' | npy ../minus.npy '<i4' '(1, 1)'
    refuses 1 "--pattern: ../minus.npy: entry (0, 0): -1; expected a whole \
number of at least 0" lln-entropy -n 1 -d 2 --pattern ../minus.npy
    printf '\1\0\0\0' | safetensors ../one.safetensors \
        '{"p":{"dtype":"I32","shape":[1,1],"data_offsets":[0,4]}}'
    refuses 1 "--pattern: ../one.safetensors: key 'p': dtype I32: integers; \
expected booleans or floats, or a .npy file of integers of at least 0" \
        lln-entropy -n 1 -d 2 --pattern ../one.safetensors:p
    refuses 2 "--token-ids: $FOCUS/cross_q.npy: 48 queries and 90 keys; ids \
need queries and keys of the same tokens" lln-entropy --q \
        "$FOCUS/cross_q.npy" --k "$FOCUS/cross_k.npy" --token-ids ids
    refuses 1 "ids: the output would overwrite this input; use another name" \
        lln-entropy -n 3 -d 2 --token-ids ids -o ids
}
