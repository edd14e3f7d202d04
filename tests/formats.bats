#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Forms of a table: names of any bytes in each of them.
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
