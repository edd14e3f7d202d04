#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Formats of tables: the default, what a terminal shows, names of any bytes in
# each format, and tables that are read.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

# A name with bytes that are not UTF-8, a terminal escape, and characters with a
# meaning in one of the formats.
odd=$'\xff\xc3\xa9 a|b,"c\\\n\e[1m.npy'

# odd_table OPTION...: the table of the array in a file with that name.
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

@test "a name of any bytes in table and markdown" {
    odd_table $'source                     dtype
\xef\xbf\xbdé a|b,"c\\\\x0a\\x1b[1m.npy  <i4' --format table
    odd_table $'| source | dtype |
|---|---|
| \xef\xbf\xbdé a\\|b,"c\\\\\\x0a\\x1b[1m.npy | <i4 |' --format markdown
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

@test "a name of any bytes in messages: one line without control characters" {
    refuses 1 'a\x1b[1m\x0ab: No such file or directory' \
        lln-entropy $'a\e[1m\nb'
    refuses 1 'a\x0ab: No such file or directory' \
        lln-entropy --params $'a\nb'
    refuses 2 "--format: '\\x7f' is not a format; expected csv, tsv, json, ndjson, table or markdown" \
        lln-spectral --format $'\x7f'
    refuses 1 'no\x0d/out: No such file or directory' \
        lln-attend -n 8 -o $'no\r/out' --compare softmax
}

# shown COMMAND...: what a terminal shows of its output.
shown() {
    "$PTY" sh -c '"$@" 2> /dev/null' - "$@" | tr -d '\r'
}

@test "every table: aligned on a terminal, else csv" {
    head -c 32 /dev/zero | npy ids.npy '<i4' '(8,)'
    while read -r command; do
        local words=()
        read -ra words <<< "$command"
        "${words[@]}" --format table > people 2> /dev/null
        "${words[@]}" --format csv > comma 2> /dev/null
        [ "$(wc -l < people)" -gt 1 ]
        equal "$command" "$(grep -c , people)" 0
        shown "${words[@]}" | cmp - people
        "${words[@]}" 2> /dev/null | cmp - comma
        shown "${words[@]}" -o file | cmp - /dev/null
        cmp file comma
        shown "${words[@]}" -o - | cmp - people
        shown "${words[@]}" -o /dev/tty | cmp - people
        shown "${words[@]}" --format csv | cmp - comma
    done << 'END'
lln-entropy -n 8 -d 2
lln-entropy -n 8 -d 2 --per-row
lln-entropy -n 8 -d 2 --diagnose
lln-entropy --list ids.npy --columns key,dtype,source
lln-stats -n 8 -d 2
lln-stats -n 8 -d 2 --histogram 3
lln-stats -n 8 -d 2 --qq 3
lln-stats -n 8 -d 2 --normality
lln-stats --fenton
lln-spectral -n 8 -d 2
lln-spectral -n 8 -d 2 --eigenvalues 2
lln-spectral -n 8 -d 2 --singular 2
lln-match -n 8 -d 2
lln-attend -n 8 -d 2 --compare softmax --columns id,cosine
END
}

@test "table and markdown: four digits, unless --precision is given" {
    local fenton=(lln-stats --fenton --s2 1.23456 -d 16384 --columns "d,s2")
    prints $'    d     s2\n16384  1.235' "${fenton[@]}" --format table
    prints $'    d       s2\n16384  1.23456' "${fenton[@]}" --format table \
        --precision 0
    prints '16384  1.2' "${fenton[@]}" --format table --precision 2 --no-header
    prints $'| d | s2 |\n|---:|---:|\n| 16384 | 1.235 |' "${fenton[@]}" \
        --format markdown
    prints '| 16384 | 1.23456 |' "${fenton[@]}" --format markdown \
        --precision 0 --no-header
    equal terminal "$(shown "${fenton[@]}" --precision 0 --no-header)" \
        '16384  1.23456'
    prints $'d,s2\n16384,1.23456' "${fenton[@]}"
}

@test "--comments: lines before a table, not in markdown" {
    local fenton=(lln-stats --fenton --s2 1 -d 4 --columns "d,s2" --comments)
    equal terminal "$(shown "${fenton[@]}" | tail -n +3)" $'d  s2\n4   1'
    equal comment "$(shown "${fenton[@]}" | head -n 1)" "# lln-stats $VERSION"
    refuses 2 '--comments cannot be used with --format markdown' \
        "${fenton[@]}" --format markdown
}

@test "interrupted on a terminal: finished heads are shown" {
    "$PTY" -i 2 lln-entropy -n 512 --each --trials 1000000 --kernel softmax \
        --quiet --columns source,head,entropy_nats |
        tr -d '\r' | sed 's/^^C//' > seen
    equal message "$(grep -c '^lln-entropy: interrupted: ' seen)" 1
    grep -Eqx 'source +head +entropy_nats' seen
    grep -Eqx 'gaussian +0 +[0-9.]+' seen
}

@test "a run that fails shows the rows of csv" {
    lln-match -n 16 -d 4 --each --trials 2 --no-spectrum | head -n 2 > params
    local command=(lln-entropy -n 16 -d 4 --each --trials 2 --kernel lln
        --params params --columns kernel)
    run -1 --separate-stderr "${command[@]}" --format csv
    local rows=$output
    equal rows "$rows" $'kernel\nlln'
    run -1 --separate-stderr "${command[@]}" --format table
    equal rows "$output" "$rows"
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
    for format in tsv json ndjson table markdown; do
        matched --format $format --precision 0 > table
        entropies table | cmp - expected
        sed 's/$/\r/' table | entropies - | cmp - expected
    done
    matched --format ndjson > table
    tr -d '\n' < table | entropies - | cmp - expected
    sed 's/,/\n  ,\n/g; s/:/ :\t/g' table | entropies - | cmp - expected
    { echo '['; sed '$!s/$/,/' table; echo ']'; } | entropies - | cmp - expected
}

@test "--params: JSON that is not a table" {
    local command=(lln-entropy -n 8 -d 2 --kernel lln --params x)
    files_before=x
    echo '{"alpha":{"0":1}}' > x
    refuses 1 "x: row 1: key 'alpha' has an object, expected a number, text or null; a table has one object per row, as pandas writes with orient='records'" \
        "${command[@]}"
    echo '[]' > x
    refuses 1 'x: empty, expected a table' "${command[@]}"
    echo '[{"alpha":1},' > x
    run --separate-stderr "${command[@]}"
    equal status "$status" 1
    [[ $stderr == 'lln-entropy: x: line 2: not JSON: '* ]]
}
