# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges a table for dots.gp: a panel for each column of `y`, in it a line for
# each kernel, method or other kind of row, and on the line a dot for each head.
# A row has the value, the height, the ends of its error bar, and the value of
# `by`. The heads of a line are set apart in height, in the order of the table.

BEGIN {
    y = ENVIRON["LLN_Y"]; by = ENVIRON["LLN_BY"]; title = ENVIRON["LLN_TITLE"]
    axes = ENVIRON["LLN_LOG"]
    MOST_LINES = 40; MOST_GROUPS = 8
}

# The columns that name the lines.
function choose_lines(    list) {
    list = "target" in column ? "method" : \
        distinct("kernel") ? "kernel" : distinct("matrix") ? "matrix" : ""
    if ("target" in column && distinct("kernel") > 1) list = "kernel," list
    if (list == "" && rows < MOST_LINES)
        list = varied_beside("", "d,balance,range_low,n,tau,source,layer,head")
    return list
}

function line_text(r) {
    return line_list == "" ? "" : describe(r, line_list)
}

function group_text_of(r) {
    return by == "" ? "" : by == "source" ? describe(r, "source") : \
        by " " at(r, by)
}

function find_lines(    r, text) {
    for (r = 1; r <= rows; r++) {
        text = line_text(r)
        if (!(text in line_at)) {
            if (lines == MOST_LINES) {
                left++
                continue
            }
            line_at[text] = ++lines
            line_name[lines] = text
        }
        if (++heads[text] > most_heads) most_heads = heads[text]
        text = group_text_of(r)
        if (!(text in group_at)) {
            group_at[text] = ++groups
            group[groups] = text
        }
    }
    if (left)
        print "the first " lines " lines are drawn; " left " rows are not" \
            > notes
    if (!lines) lines = 1
    if (!groups) groups = 1
    many = groups > MOST_GROUPS
    shown = many ? 1 : groups
}

# The ends of the bar of a value: quantiles, or the standard error.
function bar(r, c, value, sign,    other, error) {
    if (c ~ /_median$/) {
        other = c
        sub(/_median$/, sign < 0 ? "_q10" : "_q90", other)
        if (is_number(at(r, other))) return at(r, other)
    }
    error = number_at(r, c "_se")
    return error == "NaN" ? value : value + sign * error
}

# Collects the dots of a column, each at a height of its own in its line.
function put_dots(yi,    \
                  r, text, value, c, at_line, place, g, offset, i, seen) {
    c = y_name[yi]
    for (r = 1; r <= rows; r++) {
        text = line_text(r)
        if (!(text in line_at)) continue
        at_line = line_at[text]
        place = seen[text]++
        offset = most_heads > 1 ? 0.6 * (place / (most_heads - 1) - 0.5) : 0
        value = number_at(r, c)
        if (value == "NaN") continue
        g = many ? 1 : group_at[group_text_of(r)]
        i = (yi - 1) * shown + g
        count[i]++
        panel_count[yi]++
        if (panel_count[yi] == 1 || value + 0 < low[yi]) low[yi] = value + 0
        if (panel_count[yi] == 1 || value + 0 > high[yi]) high[yi] = value + 0
        if (bar(r, c, value, 1) != bar(r, c, value, -1)) bars[i] = 1
        dots[i] = dots[i] value " " at_line + offset " " \
            bar(r, c, value, -1) " " bar(r, c, value, 1) " " \
            (is_number(at(r, by)) ? at(r, by) : "NaN") "\n"
    }
}

# An axis is logarithmic if its values are positive and spread widely.
function is_log(yi) {
    return panel_count[yi] && low[yi] > 0 && \
        (log_x || log_y || axes == "" && high[yi] > 100 * low[yi])
}

function put_blocks(    i) {
    for (i = 1; i <= ys * shown; i++) {
        if (count[i]) printf "%s%s", blocks ? "\n\n" : "", dots[i] > data
        block[i] = count[i] ? blocks++ : -1
        bars[i] += 0
    }
    set_array("block", block, ys * shown)
    set_array("bars", bars, ys * shown)
}

# Chooses the sizes of the page.
function choose_layout(    i, g, longest, tall) {
    for (i = 1; i <= lines; i++)
        if (width(line_name[i]) > side) side = width(line_name[i])
    if (side > letters(page_width) * 0.4) side = int(letters(page_width) * 0.4)
    if (side < 2) side = 2
    for (g = 1; g <= groups; g++)
        if (width(group[g]) > longest) longest = width(group[g])
    tall = (lines * (most_heads > 12 ? 2.6 : most_heads > 1 ? 2 : 1.6) + 1) \
        * font
    keys = many ? -3 : groups > 1 ? groups : 0
    lay_out(ys, -tall, keys, longest, side)
}

function set_page(    i, g, text) {
    set("shown", shown)
    set("lines", lines)
    set("gradient", many)
    set("gradient_label", quote(by))
    set("small", most_heads > 60)
    for (i = 1; i <= lines; i++)
        line_name[i] = quote(tic_text(shorten(line_name[i], side)))
    set_array("line_name", line_name, lines)
    for (g = 1; g <= shown; g++)
        text[g] = quote(keys > 0 ? shorten(group[g], key_letters) : "")
    set_array("group_text", text, shown)
}

function set_panels(    p) {
    for (p = 1; p <= ys; p++) {
        panel_count[p] += 0
        x_label[p] = quote(fitting_label(y_name[p], \
            letters(page_width / across) - 3))
        log_axis[p] = is_log(p)
        x_tics[p] = "\"" log_tics("x", low[p], high[p], none, 0) "\""
    }
    set_array("panel_count", panel_count, ys)
    set_array("x_label", x_label, ys)
    set_array("log_axis", log_axis, ys)
    set_array("x_tics", x_tics, ys)
}

END {
    ys = split(y, y_name, ",")
    if (by == "" && distinct("source") > 1 && distinct("source") <= MOST_GROUPS)
        by = "source"
    line_list = choose_lines()
    find_lines()
    for (yi = 1; yi <= ys; yi++) put_dots(yi)
    if (title == "") title = heading_of(y)
    subtitle = note()
    choose_layout()
    put_blocks()
    set_page()
    set_panels()
}
