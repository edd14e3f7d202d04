# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges a table of lln-match --map for landscape.gp: a panel for each head
# and each column of `y`, with a block of cells: the borders of a cell around
# the values of a and b, and its value. Before these, a block for each head has
# a, b and the symbol of the points of the methods.

BEGIN {
    y = ENVIRON["LLN_Y"]
    title = ENVIRON["LLN_TITLE"]
    identity_list = "source,layer,head,kernel,n,d,causal,tau"
    MOST_PANELS = 12
}

# Whether a row is a point of the map, not of a method.
function is_cell(r) {
    return at(r, "method") == "nan" && is_number(at(r, "a")) && \
        is_number(at(r, "b")) && at(r, "a") + 0 > 0 && at(r, "b") + 0 > 0
}

function find_heads(    r, key) {
    for (r = 1; r <= rows; r++) {
        key = key_of(r, identity_list)
        if (!(key in head_at)) {
            head_at[key] = ++heads
            head_row[heads] = r
        }
        head_of[r] = head_at[key]
    }
    if (!heads) heads = 1
}

function find_columns(    i, count, part) {
    count = split(y, part, ",")
    for (i = 1; i <= count; i++)
        if (part[i] in column) y_name[++ys] = part[i]
    if (!ys) y_name[++ys] = "relative_error"
    all_panels = heads * ys
    panels = all_panels > MOST_PANELS ? MOST_PANELS : all_panels
    panel_titles = 1
}

# The value that is shown: the error of a ratio is shown as the ratio.
function shown(r, c,    value) {
    value = number_at(r, c)
    if (value == "NaN") return value
    return c == "relative_error" ? value + 1 : value + 0
}

# The distinct values of an axis, in order.
function find_values(c, values,    r, count, seen, value) {
    for (r = 1; r <= rows; r++) {
        value = at(r, c) + 0
        if (!is_cell(r) || value in seen) continue
        seen[value] = 1
        insert(values, count++, value)
    }
    return count + 0
}

# The borders of cells: halfway between two values, on a logarithmic axis.
function find_borders(values, count, low, high,    i, ratio) {
    for (i = 1; i <= count; i++) {
        ratio = i < count ? values[i + 1] / values[i] : \
            count > 1 ? values[i] / values[i - 1] : 4
        high[values[i]] = values[i] * ratio ^ 0.5
        low[values[i]] = i > 1 ? high[values[i - 1]] : values[i] / ratio ^ 0.5
    }
}

function find_grid() {
    a_count = find_values("a", a_value)
    b_count = find_values("b", b_value)
    find_borders(a_value, a_count, a_low, a_high)
    find_borders(b_value, b_count, b_low, b_high)
    if (!a_count) a_low[a_value[1] = 1] = b_low[b_value[1] = 1] = 0.5
    if (!a_count) a_high[1] = b_high[1] = 2
    a_from = a_low[a_value[1]]
    b_from = b_low[b_value[1]]
    a_to = a_high[a_value[a_count ? a_count : 1]]
    b_to = b_high[b_value[b_count ? b_count : 1]]
}

# The symbols of methods, in the order of the table, as far as they have points.
function put_methods(    h, r, method, a, b) {
    for (h = 1; h <= heads && h <= panels; h++) {
        print "NaN NaN 0" > data
        for (r = 1; r <= rows; r++) {
            method = at(r, "method")
            a = number_at(r, "a")
            b = number_at(r, "b")
            if (head_of[r] != h || method == "nan" || a == "NaN" || \
                b == "NaN") continue
            if (!(method in method_at)) {
                method_at[method] = ++methods
                method_name[methods] = method
            }
            print a, b, method_at[method] > data
        }
        print "\n" > data
        blocks++
    }
}

function put_cells(    p, h, c, r, value, a, b) {
    for (p = 1; p <= panels; p++) {
        h = int((p - 1) / ys) + 1
        c = y_name[(p - 1) % ys + 1]
        print "NaN NaN NaN NaN NaN NaN NaN" > data
        for (r = 1; r <= rows; r++) {
            if (head_of[r] != h || !is_cell(r)) continue
            value = shown(r, c)
            if (value != "NaN") note_value(p, c, value)
            a = at(r, "a") + 0
            b = at(r, "b") + 0
            print a, b, a_low[a], a_high[a], b_low[b], b_high[b], value > data
        }
        print "\n" > data
        block[p] = blocks++
        method_block[p] = h - 1
    }
}

function note_value(p, c, value) {
    panel_count[p]++
    if (value != 0) panel_nonzero[p]++
    if (!(c in low) || value < low[c]) low[c] = value
    if (!(c in high) || value > high[c]) high[c] = value
    if (value > 0 && (!(c in positive) || value < positive[c]))
        positive[c] = value
}

# The colours of a column: their palette, whether they are logarithmic, and the
# range. The same for all heads.
function choose_colours(c,    size) {
    signed = logarithmic = 0
    from = low[c] + 0
    to = high[c] + 0
    size = -from > to ? -from : to
    if (c == "relative_error") {
        signed = logarithmic = 1
        from = 0.01
        to = 100
    } else if (from < 0) {
        signed = 1
        from = -size
        to = size
    } else if (c ~ /^(fp16|bf16|fp32)_.*(overflow|flushed)$/) {
        logarithmic = 1
        from = 1e-5
        to = 1
    } else if (c == "total_variation") {
        from = 0
        to = 1
    } else if (positive[c] > 0 && to > 20 * positive[c]) {
        logarithmic = 1
        from = positive[c] > to / 1000 ? positive[c] : to / 1000
    }
    if (from == to) to = from + (from ? from : 1)
}

function name_of(c, most) {
    return c == "relative_error" ? "D2, LLN / softmax" : fitting_label(c, most)
}

function title_of_panel(p,    h, c, text) {
    h = int((p - 1) / ys) + 1
    c = y_name[(p - 1) % ys + 1]
    if (heads == 1) return shorten(name_of(c, title_letters), title_letters)
    text = describe_briefly(head_row[h], varied_beside("", identity_list))
    if (ys > 1)
        text = text ": " name_of(c, title_letters - width(text) - 2)
    return shorten(text, title_letters)
}

# What the sign of a cell means; empty without signs.
function sign_text(    i, text) {
    for (i = 1; i <= ys; i++) {
        choose_colours(y_name[i])
        if (!signed) continue
        if (y_name[i] !~ /^(relative_error|entropy_gap_nats)$/) return "below 0"
        text = "less than softmax"
    }
    return text
}

function set_panels(    p, c) {
    for (p = 1; p <= panels; p++) {
        c = y_name[(p - 1) % ys + 1]
        choose_colours(c)
        panel_title[p] = quote(title_of_panel(p))
        colours[p] = signed
        log_colours[p] = logarithmic
        colour_from[p] = from
        colour_to[p] = to
        remark[p] = quote(!panel_count[p] ? "no numbers" : \
            logarithmic && !panel_nonzero[p] ? "0 everywhere" : "")
    }
    set_array("panel_title", panel_title, panels)
    set_array("signed", colours, panels)
    set_array("log_colours", log_colours, panels)
    set_array("colour_from", colour_from, panels)
    set_array("colour_to", colour_to, panels)
    set_array("remark", remark, panels)
    set_array("block", block, panels)
    set_array("method_block", method_block, panels)
}

# Numbers at 1, 2 and 5 times powers of 10, as far as there is room.
function tics_of(axis, from, to, room) {
    if (room < 12 * font) return "\"set " axis "tics 10\""
    return "\"" log_tics(axis, from, to, none, 0) "\""
}

# The second line: the heads, and their temperature.
function subtitle_of(    text) {
    text = note()
    if (distinct("tau") == 1)
        text = text sprintf("%stemperature τ = %.3g", \
            text == "" ? "" : ", ", at(1, "tau"))
    return text
}

# Chooses the sizes of the page.
function choose_layout(    i, longest) {
    longest = width(dash_text)
    for (i = 1; i <= methods; i++)
        if (width(method_name[i]) > longest) longest = width(method_name[i])
    shared_axes = 1
    narrowest = heads > 1 ? 20 : 14
    lay_out(panels, page_width < 300 ? 0.62 : 1, \
        methods + (dash_text != ""), longest, 0, 9)
    title_letters = letters(inner_width) + 8
}

function set_page(    i, text) {
    set("small", inner_width < 150)
    set("x_label", quote(label_of("a")))
    set("y_label", quote(label_of("b")))
    set("a_from", a_from)
    set("a_to", a_to)
    set("b_from", b_from)
    set("b_to", b_to)
    set("x_tics", tics_of("x", a_from, a_to, inner_width))
    set("y_tics", tics_of("y", b_from, b_to, inner_height))
    set("methods", methods + 0)
    set("dash_text", quote(dash_text))
    for (i = 1; i <= methods; i++)
        text[i] = quote(shorten(method_name[i], key_letters))
    set_array("method_text", text, methods)
}

END {
    find_heads()
    find_columns()
    find_grid()
    put_methods()
    put_cells()
    if (title == "")
        title = "LLN attention over α and β, compared with softmax"
    subtitle = subtitle_of()
    dash_text = sign_text()
    choose_layout()
    set_panels()
    set_page()
    if (all_panels > panels)
        print panels " of " all_panels " panels are drawn; for others use" \
            " fewer heads, the means of --aggregate, or --y" > notes
}
