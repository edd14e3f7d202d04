# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges a table for map.gp and cells.awk: a cell for each layer and head, or
# for each pair of heads, in a panel for each kernel, file and whatever else
# tells rows apart. A row has the place of a cell and its value.

BEGIN {
    column_of_map = ENVIRON["LLN_Y"]; title = ENVIRON["LLN_TITLE"]
    sub(/,.*/, "", column_of_map)
    MOST_PANELS = 16
}

# The columns of the two axes, and the columns that make panels.
function choose_axes(    r, others) {
    if ("point" in column && "a" in column) {
        # The map of lln-match over a and b, on a terminal.
        across_by = "a"
        down_by = "b"
        panel_list = telling("a,b", "kernel", "source,layer,head,tau")
        for (r = rows; r > 0; r--)
            if (at(r, "method") != "nan") leave_out(r)
        return
    }
    across_by = "head"
    down_by = "layer"
    others = "kernel,method,matrix,step"
    if ("layer_b" in column || "head_b" in column) {
        down_by = is_between_layers() ? "layer" : "head"
        across_by = down_by "_b"
        others = "kernel," (down_by == "head" ? "layer" : "head")
    }
    panel_list = telling(across_by "," down_by, others, \
        "source,source_b,reference,tau,causal,n,d,rule,config")
}

# Removes a row; the last one takes its place.
function leave_out(r) {
    row[r] = row[rows--]
    at_row = 0
}

function is_between_layers(    r) {
    if (!("layer_b" in column)) return 0
    for (r = 1; r <= rows; r++)
        if (at(r, "layer") != at(r, "layer_b")) return 1
    return 0
}

# Layers and heads have places from 1, in the order of their numbers: those
# without rows take no room. A missing number is "-".
function find_places(c, place_of, number_of,    r, i, count, value, seen) {
    for (r = 1; r <= rows; r++) {
        value = is_number(at(r, c)) ? at(r, c) + 0 : "-"
        if (value in seen) continue
        seen[value] = 1
        insert(number_of, count++, value)
    }
    for (i = 1; i <= count; i++) place_of[number_of[i]] = i
    return count
}

function place(r, c, place_of) {
    return place_of[is_number(at(r, c)) ? at(r, c) + 0 : "-"]
}

function put_cells(    r, key, p, cell, value) {
    for (r = 1; r <= rows; r++) {
        key = key_of(r, panel_list)
        if (!(key in panel_at)) {
            if (panels == MOST_PANELS) {
                left_out[key] = 1
                continue
            }
            panel_at[key] = ++panels
            panel_text[panels] = describe(r, panel_list)
        }
        p = panel_at[key]
        cell = p SUBSEP at(r, across_by) SUBSEP at(r, down_by)
        hidden += cell in cell_seen
        cell_seen[cell] = 1
        value = number_at(r, column_of_map)
        if (value == "NaN") continue
        count[p]++
        cell_of[p] = cell_of[p] place(r, across_by, across_at) " " \
            place(r, down_by, down_at) " " value "\n"
        if (!values || value + 0 < low) low = value + 0
        if (!values || value + 0 > high) high = value + 0
        values++
    }
}

function set_range(    larger) {
    signed = column_of_map ~ /_delta$/ || low < 0 && high > 0
    if (signed) {
        larger = high > -low ? high : -low
        low = -larger
        high = larger
    }
    if (!(high > low)) {
        high = low + (low ? 0.05 * (low > 0 ? low : -low) : 1)
        if (signed) low = -high
    }
    if (!signed && low >= 0 && low < 0.3 * high) low = 0
}

# The lines that cells.awk draws.
function put_text(    p, i, part, lines) {
    print "heading\t" title > data
    print "note\t" subtitle > data
    print "axes\t" down_by "\t" across_by > data
    print "range\t" low "\t" high "\t" signed "\t" \
        label_of(column_of_map) > data
    put_numbers("rows", down_number, down_count)
    put_numbers("columns", across_number, across_count)
    for (p = 1; p <= panels; p++) {
        print "panel\t" panel_text[p] > data
        lines = split(cell_of[p], part, "\n")
        for (i = 1; i < lines; i++) {
            gsub(/ /, "\t", part[i])
            print "cell\t" part[i] > data
        }
    }
}

function put_numbers(name, number, count,    i, line) {
    line = name
    for (i = 1; i <= count; i++) line = line "\t" number[i]
    print line > data
}

function put_blocks(    p, block) {
    for (p = 1; p <= panels; p++) {
        printf "%s%s", blocks ? "\n\n" : "", cell_of[p] > data
        block[p] = count[p] ? blocks++ : -1
        panel_title[p] = quote(shorten(panel_text[p], title_letters))
    }
    set_array("block", block, panels)
    set_array("panel_title", panel_title, panels)
}

# The command for numbers at an axis, at most 13 of them.
function tics(axis, number, count,    i, step, list) {
    step = int((count - 1) / 12) + 1
    for (i = 1; i <= count; i += step)
        list = list (i > 1 ? ", " : "") quote(number[i]) " " i
    return "\"set " axis "tics (" list ")\""
}

# The height of panels, in points: cells are square unless the panels would be
# very low, or cells larger than five letters.
function height_of_panels(    wide, tall) {
    wide = int(page_width / (24 * font))
    wide = page_width / (wide > panels ? panels : wide ? wide : 1) - 8 * font
    tall = across_count ? wide * down_count / across_count : 0
    if (tall > 5 * font * down_count) tall = 5 * font * down_count
    return tall < 0.25 * wide ? 0.25 * wide : tall > 1.3 * wide ? \
        1.3 * wide : tall
}

END {
    choose_axes()
    down_count = find_places(down_by, down_at, down_number)
    across_count = find_places(across_by, across_at, across_number)
    put_cells()
    if (!panels) panels = 1
    set_range()
    subtitle = note()
    for (i in left_out) left++
    if (left)
        print "the first " panels " of " panels + left " panels are drawn;" \
            " leave out rows to see others" > notes
    if (hidden)
        print hidden " rows are hidden by rows of the same " down_by " and " \
            across_by > notes
    if (title == "") title = heading_of(column_of_map)
    if (text_only) {
        put_text()
        exit 0
    }
    panel_titles = panel_list != ""
    lay_out(panels, -height_of_panels(), -3, 0, 0)
    put_blocks()
    set("signed", signed)
    set("low", low)
    set("high", high)
    set("across_count", across_count ? across_count : 1)
    set("down_count", down_count ? down_count : 1)
    set("x_tics", tics("x", across_number, across_count))
    set("y_tics", tics("y", down_number, down_count))
    set("x_label", quote(label_of(across_by)))
    set("y_label", quote(label_of(down_by)))
    set("value_label", quote(fitting_label(column_of_map, \
        letters(page_width) - 4)))
}
