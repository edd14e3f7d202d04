# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads the header of a .npy or .safetensors file (kind), in one line. The data
# begin at byte `first`, and the file has `size` bytes. Prints a table with a
# row for each map, or a line that says what is wrong, with status 1.

function fail(text) {
    print (key == "" ? "" : "key '" key "': ") text
    failed = 1
    exit 1
}

BEGIN { MOST_BLOCKS = 2048 }

# The text after a name and a colon, as far as it matches a pattern.
function value_of(text, name, pattern) {
    if (!match(text, "[\"']" name "[\"'] *: *" pattern)) return ""
    text = substr(text, RSTART, RLENGTH)
    sub(/^[^:]*: */, "", text)
    return text
}

# The table of the maps of one array, whose data begin at byte `start`.
function put_maps(name, type, shape, start, bytes,    \
                  axes, axis, i, elements, heads, title) {
    if (type !~ /^(f4|f8|F32|F64)$/)
        fail("elements are " type ", expected float32 or float64")
    gsub(/[][() ]/, "", shape)
    sub(/,$/, "", shape)
    axes = split(shape, axis, ",")
    gsub(/,/, ", ", shape)
    if (axes != 2 && axes != 3)
        fail("shape (" shape "), expected 2 or 3 axes: heads, blocks of" \
             " queries, blocks of keys")
    elements = 1
    for (i = 1; i <= axes; i++) elements *= axis[i]
    if (!elements) fail("shape (" shape "): no elements")
    if (axis[axes] > MOST_BLOCKS || axis[axes - 1] > MOST_BLOCKS)
        fail("shape (" shape "): more than " MOST_BLOCKS " blocks; use a" \
             " smaller --blocks")
    wide = type ~ /8|64/ ? 8 : 4
    if (bytes != elements * wide)
        fail(sprintf("%.0f bytes of data, expected %.0f", bytes, \
                     elements * wide))
    if (start + bytes > size)
        fail(sprintf("truncated: %.0f bytes, expected %.0f", size, \
                     start + bytes))
    heads = axes == 3 ? axis[1] : 1
    for (i = 0; i < heads; i++) {
        title = name
        if (axes == 3) title = title (title == "" ? "" : ", ") "head " i
        table = table sprintf("%s\t%.0f\t%s\t%s\t%d\t%d\n", \
            title == "" ? "nan" : title, \
            start + i * axis[axes] * axis[axes - 1] * wide, \
            wide == 8 ? "%float64" : "%float32", order, axis[axes - 1], \
            axis[axes])
    }
}

function read_npy(    type, shape) {
    type = value_of($0, "descr", "[\"'][^\"']*[\"']")
    shape = value_of($0, "shape", "[(][0-9, ]*[)]")
    if (type == "" || shape == "" || $0 !~ /fortran_order/)
        fail("header: expected the keys descr, fortran_order and shape")
    if (value_of($0, "fortran_order", "False") == "")
        fail("is in Fortran order; expected C order")
    gsub(/["']/, "", type)
    order = type ~ /^>/ ? "big" : "little"
    sub(/^[<>]/, "", type)
    put_maps("", type, shape, first, size - first)
}

# layers.3.map is the map of layer 3.
function title_of(name) {
    gsub(/[._]?map/, "", name)
    sub(/^[._]/, "", name)
    sub(/layers?[._]/, "layer ", name)
    return name
}

function read_safetensors(    rest, entry, offsets, part) {
    order = "little"
    rest = $0
    while (match(rest, /"([^"\\]|\\.)*" *: *[{][^{}]*[}]/)) {
        entry = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        match(entry, /^"([^"\\]|\\.)*"/)
        key = substr(entry, 2, RLENGTH - 2)
        if (key == "__metadata__") continue
        found = 1
        if (key !~ /map/) continue
        offsets = value_of(entry, "data_offsets", "[[][0-9, ]*[]]")
        gsub(/[][ ]/, "", offsets)
        if (split(offsets, part, ",") != 2) fail("no data_offsets")
        put_maps(title_of(key), unquoted(value_of(entry, "dtype", \
            "\"[A-Z0-9_]*\"")), value_of(entry, "shape", "[[][0-9, ]*[]]"), \
            first + part[1], part[2] - part[1])
    }
    key = ""
    if (table == "")
        fail("no array has a name with 'map', as those of lln-attend --blocks" \
             " do")
}

function unquoted(text) {
    gsub(/"/, "", text)
    return text
}

{
    if (kind == "npy") read_npy()
    else read_safetensors()
}
END {
    if (failed) exit 1
    if (table == "") fail("the header is empty")
    printf "title\toffset\tformat\torder\trows\tcolumns\n%s", table
}
