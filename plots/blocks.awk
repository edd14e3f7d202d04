# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges the list of maps.sh for blocks.gp, which reads the maps themselves: a
# panel for each map; for cells.awk it reads the numbers from the file
# LLN_INPUT.

BEGIN {
    title = ENVIRON["LLN_TITLE"]
    MOST_PANELS = 36
}

# The distance of numbers at an axis on which there is room for `most`.
function step_of(blocks, most,    step, i) {
    for (step = 1; blocks > step * most && step < 1e6; step *= 10)
        for (i = 1; i < 6; i += i < 2 ? 1 : 3)
            if (blocks <= i * step * most) return i * step
    return step
}

function title_of(p) { return at(p, "title") == "nan" ? "" : at(p, "title") }

function set_panels(    p) {
    for (p = 1; p <= panels; p++) {
        panel_title[p] = quote(shorten(title_of(p), title_letters))
        rows_of[p] = at(p, "rows")
        columns_of[p] = at(p, "columns")
        row_step[p] = step_of(rows_of[p], inner_height / (2 * font))
        column_step[p] = step_of(columns_of[p], inner_width / (3 * font))
        binary[p] = quote_plain(sprintf("binary skip=%s array=(%d,%d) " \
            "format=\"%s\" endian=%s", at(p, "offset"), columns_of[p], \
            rows_of[p], at(p, "format"), at(p, "order")))
    }
    set_array("panel_title", panel_title, panels)
    set_array("rows", rows_of, panels)
    set_array("columns", columns_of, panels)
    set_array("row_step", row_step, panels)
    set_array("column_step", column_step, panels)
    set_array("binary", binary, panels)
}

# A text for gnuplot that is not printed.
function quote_plain(text) {
    return "\047" text "\047"
}

# Writes the lines that cells.awk draws. Numbers are read by od.
function put_text(    p, i, bytes, high, low, value, values, line, number, \
                  command) {
    for (p = 1; p <= panels; p++) {
        bytes = at(p, "format") ~ /64/ ? 8 : 4
        command = "od -An -v -w" bytes " -t f" bytes \
            " --endian=" at(p, "order") " -j " at(p, "offset") " -N " \
            at(p, "rows") * at(p, "columns") * bytes " \"$LLN_INPUT\""
        line = line "panel\t" title_of(p) "\n"
        for (i = 0; (command | getline number) > 0; i++) {
            value = number + 0
            if (!is_number(value) || !linear && value <= 0) continue
            if (!values++) low = high = value
            if (value < low) low = value
            if (value > high) high = value
            line = line "cell\t" i % at(p, "columns") + 1 "\t" \
                int(i / at(p, "columns")) + 1 "\t" value "\n"
        }
        close(command)
    }
    if (!linear && low < high / 1e6) low = high / 1e6
    if (!(high > low)) high = low + 1
    print "heading\t" title > data
    print "axes\tblock of queries\tblock of keys" > data
    print "range\t" low "\t" high "\t0\tP\t" \
        (!linear && high > 30 * low) > data
    put_numbers("rows", at(1, "rows"))
    put_numbers("columns", at(1, "columns"))
    printf "%s", line > data
}

function put_numbers(name, count,    i, line) {
    line = name
    for (i = 0; i < count; i++) line = line "\t" i
    print line > data
}

END {
    linear = ENVIRON["LLN_LOG"] == "none"
    panels = rows > MOST_PANELS ? MOST_PANELS : rows
    for (p = 1; p <= panels; p++)
        if (width(title_of(p)) > longest) longest = width(title_of(p))
    panel_titles = longest > 0
    if (title == "") title = "Maps of P"
    if (rows > panels)
        print panels " of " rows " maps are drawn" > notes
    if (text_only) {
        put_text()
        exit 0
    }
    shared_axes = 1
    shared_right = 9
    narrowest = longest < 10 ? 8 : longest > 20 ? 16 : 0.8 * longest
    tall = at(1, "rows") / at(1, "columns")
    lay_out(panels, tall < 0.3 ? 0.3 : tall > 3 ? 3 : tall, 0, 0, 0, 0)
    title_letters = letters(1.13 * (inner_width + 1.2 * font))
    set_panels()
    set("linear", linear)
    set("colour_left", 1 - (shared_right * LETTER - 0.2) * font / page_width)
    set("colour_width", 0.9 * font / page_width)
    printf "" > data
}
