#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Forms of a table: names of any bytes in each of them, and tables that are
# read.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

# A name with bytes that are not UTF-8, a terminal escape, and characters that
# mean something in one of the formats.
odd=$'\xff\xc3\xa9 a|b,"c\\\n\e[1m.npy'

# odd_table OPTION...: the table of the array in a file of that name.
odd_table() {
    head -c 32 /dev/zero | npy "$odd" '<i4' '(8,)'
    prints "$1" lln-entropy --list "$odd" --columns source,dtype "${@:2}"
    iconv -f UTF-8 -t UTF-16 <<< "$output" > /dev/null
}

@test "a name of any bytes in csv, tsv, json and ndjson" {
    odd_table $'source,dtype\n"\xef\xbf\xbdé a|b,""c\\\n\e[1m.npy",<i4' --format csv
    odd_table $'source\tdtype\n\xef\xbf\xbdé a|b,"c\\\\\\n\e[1m.npy\t<i4' --format tsv
    local object=$'{"source":"\xef\xbf\xbdé a|b,\\"c\\\\\\n\\u001b[1m.npy","dtype":"<i4"}'
    odd_table "$object" --format ndjson
    odd_table $'[\n'"$object"$'\n]' --format json
}

@test "names of any bytes are the same in other programs" {
    command -v jq > /dev/null || skip 'needs jq(1)'
    head -c 32 /dev/zero | npy "$odd" '<i4' '(8,)'
    lln-entropy --list "$odd" --format json | jq -j '.[0].source' > name
    cmp name <(printf '\357\277\275%s' "${odd:1}")
}

@test "--comments are valid UTF-8 on one line each" {
    head -c 32 /dev/zero | npy "$odd" '<i4' '(8,)'
    lln-entropy --list "$odd" --comments > table
    iconv -f UTF-8 -t UTF-16 table > /dev/null
    equal command "$(sed -n 2p table)" \
        "# command: lln-entropy --list --comments '"$'\xef\xbf\xbd''é a|b,"c\??[1m.npy'"'"
}

# matched OPTION...: the table of lln-match for the heads of one layer.
matched() {
    lln-match --layout hnd --layers 3 --no-spectrum --quiet "$@" \
        "$DATA/encoder.safetensors"
}

# entropies TABLE: the rows of lln-entropy with alpha and beta from it.
entropies() {
    lln-entropy --layout hnd --layers 3 --kernel lln --quiet --params "$1" \
        "$DATA/encoder.safetensors"
}

@test "--params reads every format of lln-match" {
    matched > csv
    entropies csv > expected
    equal rows "$(wc -l < expected)" 3
    for format in tsv json ndjson; do
        matched --format $format > table
        entropies table | cmp - expected
        sed 's/$/\r/' table | entropies - | cmp - expected
    done
    tr -d '\n' < table | entropies - | cmp - expected
    sed 's/,/\n  ,\n/g; s/:/ :\t/g' table | entropies - | cmp - expected
    { echo '['; sed '$!s/$/,/' table; echo ']'; } | entropies - | cmp - expected
}

@test "--params: JSON that is no table" {
    local command=(lln-entropy -n 8 -d 2 --kernel lln --params x)
    files_before=x
    echo '{"alpha":{"0":1}}' > x
    refuses 1 "x: row 1: key 'alpha' has an object, expected a number, text or null; a table has one object a row, as pandas writes with orient='records'" \
        "${command[@]}"
    echo '[]' > x
    refuses 1 'x: empty, expected a table' "${command[@]}"
    echo '[{"alpha":1},' > x
    run --separate-stderr "${command[@]}"
    equal status "$status" 1
    [[ $stderr == 'lln-entropy: x: line 2: not JSON: '* ]]
}
