# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads a table in any format of the tools: csv, tsv, json, ndjson, aligned or
# markdown. Prints it with a tab between cells, and a space in place of control
# characters. A missing value is nan. Stops with status 1 and one line on
# standard output if the text is no table.

function fail(text) {
    print text
    failed = 1
    exit 1
}

function clean(text) {
    gsub(/[\001-\037\177]/, " ", text)
    return text == "" ? "nan" : text
}

# The format is that of the first line.
function recognise(line) {
    if (line ~ /^[ \t]*[[{]/) return "json"
    if (line ~ /^\|/) return "markdown"
    if (index(line, "\t")) return "tsv"
    if (index(line, ",") || line !~ /[^ ]  +[^ ]/) return "csv"
    return "aligned"
}

# Cuts a line at a separator, a regular expression.
function cut(line, separator,    i) {
    cells = split(line, cell, separator)
    for (i = 1; i <= cells; i++) sub(/^ +/, "", cell[i])
    for (i = 1; i <= cells; i++) sub(/ +$/, "", cell[i])
}

# Cuts lines of csv; returns 0 if quotes are still open at the end.
function cut_csv(line,    i, part) {
    cells = 0
    do {
        if (line ~ /^"/) {
            part = ""
            line = substr(line, 2)
            while ((i = index(line, "\"")) && substr(line, i + 1, 1) == "\"") {
                part = part substr(line, 1, i)
                line = substr(line, i + 2)
            }
            if (!i) return 0
            cell[++cells] = part substr(line, 1, i - 1)
            line = substr(line, i + 1)
            i = index(line, ",")
        } else {
            i = index(line, ",")
            cell[++cells] = i ? substr(line, 1, i - 1) : line
        }
        line = substr(line, i + 1)
    } while (i)
    return 1
}

function put_row(    i, line) {
    if (!columns) {
        columns = cells
        for (i = 1; i <= cells; i++)
            if (cell[i] ~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?$/)
                fail("row 1 contains the value " cell[i] \
                     " where the name of a column was expected;" \
                     " print the table without --no-header")
    }
    if (cells != columns)
        fail("line " NR ": " cells " values, expected " columns)
    line = clean(cell[1])
    for (i = 2; i <= cells; i++) line = line "\t" clean(cell[i])
    print line
}

# The next token of JSON; tokens that lie between values are skipped.
function next_token() {
    if (!match(text, /"([^"\\]|\\.)*"|[-+.0-9a-zA-Z]+|[[{}]/)) {
        text = ""
        return 0
    }
    token = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    return 1
}

function unquote(token) {
    if (token == "null") return "nan"
    if (token !~ /^"/) return token
    token = substr(token, 2, length(token) - 2)
    gsub(/\\u..../, "\357\277\275", token) # U+FFFD
    gsub(/\\[bfnrt]/, " ", token)
    gsub(/\\/, "", token)
    return token
}

# The values of an object, in the order of the first object.
function put_object(    i) {
    if (!columns) {
        for (i = 1; i <= keys; i++) cell[i] = unquote(key[i])
        cells = keys
        put_row()
        for (i = 1; i <= keys; i++) place[key[i]] = i
    }
    for (i = 1; i <= columns; i++) cell[i] = "nan"
    for (i = 1; i <= keys; i++) {
        if (!(key[i] in place))
            fail("line " NR ": the first object has no key " key[i])
        cell[place[key[i]]] = unquote(value[i])
    }
    cells = columns
    put_row()
}

function read_json() {
    while (next_token()) {
        if (token == "{" || token == "[") {
            if (inside)
                fail("line " NR ": an " (token == "{" ? "object" : "array") \
                     " inside of an object")
            if (token == "[") continue
            inside = 1
            keys = 0
            named = 0
        } else if (token == "}") {
            inside = 0
            put_object()
        } else if (!named) {
            key[++keys] = token
            named = 1
        } else {
            value[keys] = token
            named = 0
        }
    }
}

NR == 1 { sub(/^\357\273\277/, "") } # byte order mark
{ sub(/\r$/, "") }
kept == "" && (/^#/ || /^[ \t]*$/) { next }
!format { format = recognise($0) }
format == "json" { text = $0; read_json(); next }
format == "tsv" { cells = split($0, cell, "\t"); put_row(); next }
format == "aligned" { sub(/^ +/, ""); cut($0, "  +"); put_row(); next }
format == "markdown" {
    if (/^\|[-:| ]*$/) next
    gsub(/\\\|/, "\001")
    cut(substr($0, 2, length($0) - 2), "[|]")
    put_row()
    next
}
{
    kept = kept (kept == "" ? "" : " ") $0
    if (cut_csv(kept)) {
        put_row()
        kept = ""
    }
}
END {
    if (failed) exit 1
    if (kept != "") fail("the last row has an open quote")
    if (!columns) fail("no table: the input is empty")
}
