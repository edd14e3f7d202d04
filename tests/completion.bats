#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tools offer to shells that complete their command lines
# (tools/complete.h), and the files of tools/completion/.
# shellcheck disable=SC2154 # bats sets status, output, stderr
load helper

SHELLS=$BATS_TEST_DIRNAME/../tools/completion

# offered TOOL WORD...: the candidates for the last word, sorted.
offered() {
    "$1" --complete -- "${@:2}" | grep -v '^:' | cut -f 1 | sort
}

# offers LIST TOOL WORD...: the candidates are those of the list.
offers() {
    equal "${*:2}" "$(offered "${@:2}")" "$(sort <<< "${1// /$'\n'}")"
}

# methods TOOL: the names of the list at the end of --help.
methods() {
    "$1" --help | sed '1,/^Methods:/d' | sed -n 's/^  \([a-z-][a-z-]*\) .*/\1/p'
}

@test "every option in --help of every tool" {
    for tool in "$LLN_BIN"/lln-*; do
        wanted=$("$tool" --help |
            sed -nE 's/^ {2,6}(-.,? )?(--[a-z0-9-]+).*/\2/p' | sort)
        [ "$(wc -l <<< "$wanted")" -gt 9 ]
        equal "$tool" "$(offered "$tool" -- | grep -v =)" "$wanted"
        equal "$tool" "$(offered "$tool" - | grep -v =)" "$wanted"
    done
    # the texts are those of --help
    equal text "$(lln-match --complete -- --prec)" "$(printf '%s\t%s' \
        --precision 'number of significant digits; 0 prints as many as are' \
    )$(echo ' needed to read back the same value (4 in table and markdown,' \
        'otherwise 0)')"
}

@test "an option that was given is offered again only if it may be repeated" {
    offers '--tau' lln-entropy --tau 1 --ta
    offers '' lln-entropy --seed 1 --see
    offers '' lln-entropy --see=1 --see
    offers '--quiet --query-scale' lln-entropy -n5 --qu
    offers '--query-scale' lln-entropy -qn 5 --qu
    offers '--query-scale' lln-entropy --query-scale ssmax -q --qu
    offers '--causal --causal=none --causal=top' lln-entropy --causa
    offers '' lln-entropy -- --tau # operands follow
}

@test "every kernel and its parameters" {
    lln-entropy --list-kernels > list
    kernels=$(grep '^[a-z]' list)
    [ "$(wc -l <<< "$kernels")" -gt 20 ]
    for start in '' softmax:scale=1,lln:alpha=2,; do
        offers "$(sed "s/^/$start/" <<< "$kernels")" lln-entropy --kernel \
            "$start"
    done
    offers "$(grep -v '^softmax$' <<< "$kernels" | sed s/^/softmax,/)" \
        lln-stats --kernel softmax,
    offers "$(sed 's/^/--compare=/' <<< "$kernels")" lln-attend --compare=
    for kernel in $kernels; do
        # a name in a field of 10 characters
        parameters=$(sed "1,/^$kernel\$/d; /^\$/,\$d" list | cut -c 5-15 |
            sed -nE 's/^([a-z0-9_-]+) +$/\1/p')
        offers "$(sed "/./s/.*/$kernel:&=/" <<< "$parameters")" lln-entropy \
            --kernel "$kernel:"
    done
    offers 'lln:alpha=1:beta=' lln-entropy --kernel lln:alpha=1:b
    offers '' lln-entropy --kernel lln:alpha=1:alp
    offers 'lln+diag:match=paper' lln-entropy --kernel lln+diag:match=pap
}

@test "every method" {
    found=$(methods lln-match)
    [ "$(wc -l <<< "$found")" = 9 ]
    offers "$found all" lln-match --method ''
    offers "$(grep -v '^gap$' <<< "$found" | sed 's/^/--method=gap,/')" \
        lln-match --method=gap,
    offers "$(sed 's/^/lln:match=/' <<< "$found")" lln-attend --kernel \
        lln:match=
    offers "$(methods lln-spectral)" lln-spectral --method ''
    [ "$(methods lln-spectral | wc -l)" = 6 ]
}

# table GROUPS TOOL OPTION...: the columns that are offered are those that the
# table of the command has, and the groups are those named.
table() {
    local found names
    found=$(offered "${@:2}" --columns '')
    names=$("${@:2}" --columns all --format csv -n 8 -d 2 2> said |
        head -1 | tr , '\n' | sort)
    [ "$(wc -l <<< "$names")" -gt 3 ] || cat said
    equal "${*:2}" "$found" "$(sort <<< "$names${1:+ $1}" | tr ' ' '\n' | sort)"
    offers "$(sed 's/^/--fail-below=/; s/$/=/' <<< "$names")" "${@:2}" \
        --fail-below=
}

@test "every column and group of every table" {
    rows='sink norm shape where patterns grid coverage'
    table "id default all $rows jackknife" lln-entropy
    table "id default all $rows jackknife" lln-entropy --coverage 0.2,0.7
    table "id default all $rows jackknife" lln-entropy --grid 2x4 --each
    table "id default all $rows" lln-entropy --per-row
    table "id default all $rows" lln-entropy --by-position 2
    table "id default all $rows" lln-entropy --at-lengths 4,8
    table 'id default all' lln-entropy --diagnose
    table 'id default all' lln-entropy --diagnose --each
    table 'id default all' lln-entropy --distribution 3
    table 'id default all' lln-entropy --summary
    table 'id default all fenton jackknife' lln-stats
    table 'id default all fenton jackknife bootstrap' lln-stats --bootstrap 2
    table 'id default all' lln-stats --histogram 4
    table 'id default all' lln-stats --qq 4
    table 'id default all' lln-stats --normality
    table 'id default all' lln-stats --normality --per-feature
    table 'id default all spectrum joint moments sensitivity' lln-match
    table 'id default all spectrum range' lln-match --map --map-a 1 --map-b 1
    table 'id default all rank' lln-spectral
    table 'id default all' lln-spectral --eigenvalues 2
    table 'id default all' lln-spectral --singular 2
    table 'id default all' lln-attend --compare softmax
}
