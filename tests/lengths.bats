#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Padded batches: which tokens are measured. The expected rows are those of a
# file with these tokens and no padding.
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

# Four batch entries of 12 tokens and 2 features in x.npy; the first or the last
# 10, 0, 7 and 12 tokens of them are measured.
setup_batch() {
    lln-attend -n 12 -d 2 --trials 4 --kernel softmax -o x.npy
    tail -c 384 x.npy > x
    batch=(--layout bnd --q x.npy --k x.npy)
}

# alone ENTRY FIRST COUNT TOOL ARGUMENT...: the table of these tokens alone,
# without the column source.
alone() {
    local at=$((($1 * 12 + $2) * 8)) count=$3
    shift 3
    tail -c +$((at + 1)) x | head -c $((count * 8)) |
        npy alone.npy '<f4' "($count, 2)"
    "$1" -q --q alone.npy --k alone.npy "${@:2}" 2> /dev/null |
        sed 1d | cut -d, -f2-
}

# cut_alike FIRSTS TOOL ARGUMENT...: the rows of entries 0, 2 and 3 are those of
# their tokens alone, which begin at FIRSTS; entry 1 has none.
cut_alike() {
    local -a first
    read -ra first <<< "$1"
    local entry count
    shift
    "$1" "${batch[@]}" -q --lengths lengths "${@:2}" > table 2> errors
    equal length '' "$(grep -v 'length 0: nothing to measure$' errors || true)"
    for entry in 0 2 3; do
        count=$((entry == 0 ? 10 : entry == 2 ? 7 : 12))
        equal "$1, entry $entry" \
            "$(grep "^x.npy\[$entry\]," table | cut -d, -f2-)" \
            "$(alone "$entry" "${first[entry]}" "$count" "$@")"
    done
}

tools() {
    cut_alike "$1" lln-entropy
    cut_alike "$1" lln-entropy --causal --kernel softmax
    cut_alike "$1" lln-stats --columns id,log_variance,skewness
    cut_alike "$1" lln-spectral --columns id,lambda2,rank
    cut_alike "$1" lln-match --method paper,fenton --columns id,method,alpha
    cut_alike "$1" lln-entropy --per-row --kernel softmax
}

@test "padding on the right" {
    setup_batch
    printf '10\n0\n7\n12\n' > lengths
    tools '0 0 0 0'
    cp table right
    lln-entropy "${batch[@]}" -q --lengths lengths --padding right --per-row \
        --kernel softmax 2> /dev/null | cmp - right
}

@test "padding on the left" {
    setup_batch
    printf '10\n0\n7\n12\n' > lengths
    batch+=(--padding left)
    tools '2 0 5 0'
}

@test "masks" {
    setup_batch
    for row in 001111111111 000000000000 000001111111 111111111111; do
        fold -w 1 <<< "$row" | paste -s -d ' '
    done > lengths
    tools '2 0 5 0'
    cp table text
    for row in '2 10' '12 0' '5 7' '0 12'; do
        head -c "${row% *}" /dev/zero
        head -c "${row#* }" /dev/zero | tr '\0' '\1'
    done > bits
    for type in '|b1' '|u1'; do
        npy lengths "$type" '(4, 12)' < bits
        cut_alike '2 0 5 0' lln-entropy --per-row --kernel softmax
        cmp table text
    done
    # integers of eight bytes, as tokenizers return them
    od -An -v -tu1 -w1 bits | while read -r bit; do
        printf '%b\0\0\0\0\0\0\0' "\\0$bit"
    done | npy lengths '<i8' '(4, 12)'
    cut_alike '2 0 5 0' lln-entropy --per-row --kernel softmax
    cmp table text
    equal pipe "$(lln-entropy "${batch[@]}" -q --lengths - --per-row \
        --kernel softmax < lengths 2> /dev/null)" "$(< text)"
    # a mask on both sides
    echo 0 0 1 1 1 1 1 0 0 0 0 0 > lengths
    lln-entropy -q "${batch[@]}" --lengths lengths | sed 1d | cut -d, -f2- |
        tail -n 2 | cmp - <(alone 3 2 5 lln-entropy)
}

@test "lengths as people write them" {
    setup_batch
    printf '10\n0\n7\n12\n' > lengths
    lln-entropy -q "${batch[@]}" --lengths lengths > table 2> /dev/null
    equal rows "$(wc -l < table)" 9
    for form in '10,0,7,12\n' '10 0 7 12' '\357\273\27710\r\n0\r\n7\r\n12\r\n' \
        '# n\n1.0e+01\n0.0e+00\n7.0e+00\n1.2e+01\n' '10,10\n0,0\n7,7\n12,12'; do
        printf '%b' "$form" > lengths
        lln-entropy -q "${batch[@]}" --lengths lengths 2> /dev/null |
            cmp - table
    done
    for number in 10 0 7 12; do
        printf '%b\0\0\0' "\\0$(printf %o $number)"
    done | npy lengths '<i4' '(4,)'
    lln-entropy -q "${batch[@]}" --lengths lengths 2> /dev/null | cmp - table
}

@test "two numbers in a line, for two entries" {
    lln-attend -n 12 -d 2 --trials 2 --kernel softmax -o x.npy
    for form in '12,10=12 and 10 tokens in the two entries=12 10' \
        '12 10=12 queries and 10 keys in each entry=12 12'; do
        IFS='=' read -r line read sizes <<< "$form"
        echo "$line" > lengths
        lln-entropy --layout bnd --q x.npy --k x.npy --lengths lengths \
            --kernel softmax --columns source,n > table 2> said
        equal said "$(tail -n 1 said)" \
            "lln-entropy: x.npy: 2 batch entries, 1 layer, 1 query head, 1 key head, 12 tokens, 2 features; --lengths: $read"
        equal sizes "$(tail -n +2 table | cut -d, -f2 | paste -sd ' ')" \
            "$sizes"
    done
}

@test "a length of 0 gives a row of nan and a warning" {
    setup_batch
    printf '10\n0\n7\n12\n' > lengths
    for tool in lln-entropy lln-stats lln-spectral \
        'lln-attend --v x.npy --compare softmax' 'lln-entropy --diagnose --each' \
        'lln-entropy --tau 1' 'lln-entropy --rows 5' \
        'lln-entropy --kernel lln:scales=layer' 'lln-stats --normality'; do
        # shellcheck disable=SC2086 # several words
        run --separate-stderr $tool "${batch[@]}" --lengths lengths
        equal "$tool" "$status" 0
        [[ $stderr == *'x.npy[1]: '*'length 0: nothing to measure'* ]]
        equal "$tool: n" "$(grep '^x.npy\[1\],' <<< "$output" | cut -d, -f5 |
            sort -u)" 0
        equal others "$(column source <<< "$output" | sort -u | tr '\n' ' ')" \
            'x.npy[0] x.npy[1] x.npy[2] x.npy[3] '
    done
    run --separate-stderr lln-match "${batch[@]}" --lengths lengths
    equal lln-match "$status" 0
    [[ $stderr == *'x.npy[1]: '*'length 0: nothing to measure'* ]]
    # --aggregate has a group for each entry
    run --separate-stderr lln-entropy "${batch[@]}" --lengths lengths \
        --kernel softmax --aggregate all --columns source,entropy_nats
    equal status "$status" 0
    equal mean "$(grep '^x.npy\[1\],' <<< "$output" | head -n 1)" 'x.npy[1],nan'
}

# An empty text does not count in the average over texts.
@test "--aggregate head leaves out lengths of 0" {
    setup_batch
    local columns=samples,tau,entropy_nats,entropy_nats_sd
    printf '%s\n' 12 0 7 5 > lengths
    lln-entropy "${batch[@]}" -q --kernel softmax --lengths lengths \
        --columns source,tau,entropy_nats 2> /dev/null > each
    equal empty "$(grep -c ',nan,nan$' each)" 1
    for lengths in '12 0 7 5' '0 12 7 5'; do
        tr ' ' '\n' <<< "$lengths" > ordered
        lln-entropy "${batch[@]}" -q --kernel softmax --lengths ordered \
            --aggregate head --columns "$columns" 2> /dev/null > table
        equal samples "$(column samples < table)" 3
        equal missing "$(grep -c nan table)" 0
    done
    lln-entropy "${batch[@]}" -q --kernel softmax --lengths lengths \
        --aggregate head --columns "$columns" 2> /dev/null > table
    paste -d ' ' <(column entropy_nats < table) <(awk -F, '
        NR > 1 && $3 != "nan" { sum += $3; count++ }
        END { printf "%.17g", sum / count }' each) | near 1e-12
}

@test "nothing but lengths of 0" {
    setup_batch
    printf '0\n' > lengths
    for tool in lln-entropy lln-stats lln-spectral lln-match \
        'lln-attend --v x.npy --compare softmax'; do
        # shellcheck disable=SC2086 # several words
        run --separate-stderr $tool "${batch[@]}" --lengths lengths
        equal "$tool" "$status" 0
        [[ $stderr == *'length 0: nothing to measure'* ]]
    done
    lln-attend -q "${batch[@]}" --v x.npy --kernel softmax --lengths lengths \
        -o o.npy 2> /dev/null
    cmp <(tail -c 384 o.npy) <(head -c 384 /dev/zero)
}

@test "the output is at its tokens, and zero elsewhere" {
    setup_batch
    printf '10\n0\n7\n12\n' > lengths
    lln-attend -q "${batch[@]}" --v x.npy --kernel softmax --padding left \
        --lengths lengths -o o.npy 2> /dev/null
    {
        head -c 16 /dev/zero
        tail -c +17 x | head -c 80 | npy a.npy '<f4' '(10, 2)'
        lln-attend -q --q a.npy --k a.npy --v a.npy --kernel softmax -o a_o.npy
        tail -c 80 a_o.npy
        head -c 136 /dev/zero
        tail -c +233 x | head -c 56 | npy c.npy '<f4' '(7, 2)'
        lln-attend -q --q c.npy --k c.npy --v c.npy --kernel softmax -o c_o.npy
        tail -c 56 c_o.npy
    } | cmp - <(tail -c 384 o.npy | head -c 288)
    # heads side by side
    npy side.npy '<f4' '(2, 12, 4)' < x
    printf '3\n12\n' > lengths
    lln-attend -q --split-heads 2 --q side.npy --k side.npy --v side.npy \
        --kernel softmax --padding left --lengths lengths -o o.npy
    cmp <(tail -c 384 o.npy | head -c 144) <(head -c 144 /dev/zero)
    equal numbers "$(tail -c 384 o.npy | tail -c +145 | head -c 48 |
        od -An -v -w4 -tf4 | grep -c -v ' 0$')" 12
    npy flat.npy '<f4' '(3, 4)' < <(tail -c +145 x | head -c 48)
    lln-attend -q --split-heads 2 --q flat.npy --k flat.npy --v flat.npy \
        --kernel softmax -o f.npy
    cmp <(tail -c 48 f.npy) <(tail -c 384 o.npy | tail -c +145 | head -c 48)
}

@test "lengths that are refused" {
    setup_batch
    printf '1 1 0 1 1 1 1 1 1 1 1 1\n' > lengths
    files_before=$(ls)
    refuses 1 'lengths: line 1, token 2: 0 between ones; expected padding before or after all tokens' \
        lln-entropy "${batch[@]}" --lengths lengths
    printf '1 1 0\n1 1 1\n1 1 1\n1 1 0\n' > lengths
    refuses 2 'lengths: a mask of 3 tokens; x.npy has 12 queries and 12 keys' \
        lln-entropy "${batch[@]}" --lengths lengths
    refuses 2 '--padding cannot be used with the mask in lengths: the mask shows where the padding is' \
        lln-entropy "${batch[@]}" --lengths lengths --padding left
    printf '13\n1\n1\n1\n' > lengths
    refuses 2 'lengths: line 1: 13 queries and 13 keys; expected at most 12 and 12, as in x.npy' \
        lln-entropy "${batch[@]}" --lengths lengths --padding left
    printf '3\n' > lengths
    refuses 2 "--padding: expected left or right, found 'centre'" \
        lln-entropy "${batch[@]}" --lengths lengths --padding centre
    refuses 2 '--padding needs --lengths' \
        lln-entropy "${batch[@]}" --padding left
    refuses 2 '--padding needs heads from files; use FILE, or --q and --k' \
        lln-entropy --padding left
}
