# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges a table for curves.gp: a panel for each column of `y` and each value
# of the columns that make panels, in it a block of rows for each value of `by`,
# and in the block a curve for each head. A row has x, y, the standard error,
# the theory, the value of `by`, and the x of the theory.
#
# x is a column, or a parameter in the names of kernels. by = "column" draws the
# columns of y in one panel.

BEGIN {
    x = ENVIRON["LLN_X"]; y = ENVIRON["LLN_Y"]; by = ENVIRON["LLN_BY"]
    title = ENVIRON["LLN_TITLE"]
    MOST_GROUPS = 8; MOST_PANELS = 12; MOST_POINTS = 40
}

function x_of(r) { return number_at(r, x) }

# The column of an identity that colours show, and the one that panels show.
function choose_by(    count, part, i) {
    count = split("kernel,method,matrix,layer,source,tau,head,n,d,seed", part, \
        ",")
    if (by == "")
        for (i = 1; i <= count && by == ""; i++)
            if (part[i] != x && part[i] in identity) by = part[i]
    for (i = 1; i <= count && panel_by == ""; i++)
        if (part[i] != by && part[i] != x && part[i] in identity && \
            part[i] ~ /^(kernel|method|matrix|source)$/ && \
            distinct(part[i]) * ys <= MOST_PANELS)
            panel_by = part[i]
}

# The theory of a column has its name with _theory in it.
function theory_of(c,    name) {
    if (c == "density") return "normal_density"
    if (c == "entropy_nats" && "ln_keys" in column) return "ln_keys"
    name = c
    if (sub(/_nats$/, "_theory_nats", name) && name in column) return name
    return (c "_theory") in column ? c "_theory" : ""
}

# A density is that of the middle of its bin.
function theory_x(r) {
    return x == "z_low" && "z_middle" in column ? at(r, "z_middle") : x_of(r)
}

function theory_text() {
    return "thin line: " (style == "steps" ? "normal" : \
        "ln_keys" in column ? "uniform" : "theory")
}

function plain_group(r, yi) {
    if (by == "column") return label_of(y_name[yi])
    if (by == "") return ""
    return by ~ /^(kernel|method|matrix)$/ ? at(r, by) : \
        by == "source" ? describe(r, "source") : by " " at(r, by)
}

# Collects the groups in the order of the table. If there are many numbers, they
# are one group with a scale of colours.
function find_groups(    r, yi, text) {
    for (r = 1; r <= rows; r++)
        for (yi = 1; yi <= (by == "column" ? ys : 1); yi++) {
            text = plain_group(r, yi)
            if (text in group_at) continue
            group_at[text] = ++groups
            group[groups] = text
        }
    if (!rows) { groups = 1; group[1] = "" }
    many = groups > MOST_GROUPS && by != "column" && is_number(at(1, by))
    shown = many ? 1 : groups
}

function find_panels(    r, text, yi, p) {
    for (r = 1; r <= rows; r++) {
        text = panel_by == "" ? "" : at(r, panel_by)
        if (text in panel_row) continue
        panel_row[text] = panel_kinds++
        panel_text[panel_kinds] = text
    }
    if (!panel_kinds) panel_kinds = 1
    panels = panel_kinds * (by == "column" ? 1 : ys)
    for (p = 1; p <= panels; p++) {
        yi = int((p - 1) / panel_kinds) + 1
        panel_title[p] = panel_by != "" ? \
            describe_panel(panel_text[(p - 1) % panel_kinds + 1]) : \
            x == "keys_low" ? label_of(y_name[yi]) : ""
    }
    panel_titles = panel_by != "" || x == "keys_low"
}

function describe_panel(text) {
    if (panel_by == "source") text = source_name(text)
    return panel_by ~ /^(kernel|method|source)$/ ? text : panel_by " " text
}

# Writes the rows, ordered by panel, group, curve and x, through sort.
function put_rows(    r, yi, c, p, g, i, curve, curve_at, value, order, \
                  expected) {
    order = "LC_ALL=C sort -t '\t' -k1,1n -k2,2n -k3,3n -k4,4g > " sorted
    printf "" | order
    for (yi = 1; yi <= ys; yi++) y_theory[yi] = theory_of(y_name[yi])
    for (r = 1; r <= rows; r++) {
        if (x_of(r) == "NaN") continue
        note_x(x_of(r) + 0)
        curve = key_of(r, identity_list)
        if (!(curve in curve_at)) curve_at[curve] = ++curves
        for (yi = 1; yi <= ys; yi++) {
            c = y_name[yi]
            p = (by == "column" ? 0 : yi - 1) * panel_kinds + 1 + \
                panel_row[panel_by == "" ? "" : at(r, panel_by)]
            g = many ? 1 : group_at[plain_group(r, yi)]
            i = (p - 1) * shown + g
            value = number_at(r, c)
            if (value != "NaN") {
                count[i]++
                panel_count[p]++
                if (log_y && value <= 0) not_positive++
                else note_range(p, value + 0)
            }
            if (is_number(at(r, c "_se")) && at(r, c "_se") > 0) errors[i] = 1
            expected = number_at(r, y_theory[yi])
            if (expected != "NaN") theories[i] = any_theory = 1
            printf "%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", p, g, \
                curve_at[curve], x_of(r), value, number_at(r, c "_se"), \
                expected, number_at(r, by), theory_x(r) | order
        }
    }
    close(order)
}

function note_range(p, value) {
    if (!(p in y_low) || value < y_low[p]) y_low[p] = value
    if (!(p in y_high) || value > y_high[p]) y_high[p] = value
}

function note_x(value) {
    if (x_values && value < x_low || !x_values) x_low = value
    if (x_values && value > x_high || !x_values) x_high = value
    if (!(value in x_seen) && x_values < 100) {
        x_seen[value] = value
        x_values++
    }
}

function x_tics(    i, list, whole) {
    if (log_x) return log_tics("x", x_low, x_high, x_seen, x_values)
    whole = x_values && x_values <= 12 && x_high - x_low <= 24
    for (i in x_seen) {
        whole = whole && x_seen[i] == int(x_seen[i])
        list = list (list == "" ? "" : ", ") x_seen[i]
    }
    return whole ? "set xtics (" list ")" : "set xtics autofreq"
}

# Two blank lines end a block, one ends a curve.
function put_blocks(    part, i, last, curve) {
    i = 0
    while ((getline line < sorted) > 0) {
        split(line, part, "\t")
        last = (part[1] - 1) * shown + part[2]
        if (last != i) {
            printf "%s", i ? "\n\n" : "" > data
            block[last] = blocks++
        } else if (part[3] != curve) print "" > data
        i = last
        curve = part[3]
        print part[4], part[5], part[6], part[7], part[8], part[9] > data
    }
}

# Finds the columns of y, and those that tell curves apart.
function find_curves(    i, part) {
    ys = split(y, y_name, ",")
    if (!(x in column)) split_parameter(x)
    identity_list = telling(x, "kernel,layer,head,method,matrix", \
        "source,reference,seed,tau,causal,n,d,rule,config,layer_b,head_b," \
        "source_b")
    # A line would join rows that nothing tells apart.
    if (style == "lines" && !is_unique(x "," identity_list)) style = "points"
    split(identity_list, part, ",")
    for (i in part) identity[part[i]] = 1
}

# Chooses the sizes of the page.
function choose_layout(    g, longest) {
    for (g = 1; g <= groups; g++)
        if (width(group[g]) > longest) longest = width(group[g])
    if (any_theory && longest < width(theory_text()))
        longest = width(theory_text())
    keys = many || groups == 1 && group[1] == "" ? 0 : groups
    together = panel_kinds
    lay_out(panels, panels > 1 ? 0.75 : 0.62, \
        many ? -3 : keys + (any_theory ? 1 : 0), longest, 0)
}

function set_page(    g, text) {
    set("shown", shown)
    set("gradient", many + 0)
    set("gradient_label", quote(by))
    set("diagonal", x == "normal_quantile")
    set("drawn", quote(style))
    set("marked", rows <= MOST_POINTS * (curves ? curves : 1))
    set("log_x", log_x)
    set("log_y", log_y)
    set("x_label", quote(fitting_label(x, inside_across)))
    set("x_tics", "\"" x_tics() "\"")
    set("theory_text", quote(any_theory ? theory_text() : ""))
    for (g = 1; g <= shown; g++)
        text[g] = quote(keys > 0 ? shorten(group[g], key_letters) : "")
    set_array("group_text", text, shown)
}

function set_blocks(    i) {
    for (i = 1; i <= panels * shown; i++) {
        block[i] = count[i] ? block[i] : -1
        errors[i] += 0
        theories[i] += 0
    }
    set_array("block", block, panels * shown)
    set_array("errors", errors, panels * shown)
    set_array("theories", theories, panels * shown)
}

# The label of the vertical axis of a panel.
function y_label_of(p) {
    if (by == "column" && ys > 1) return ""
    if (x == "keys_low") return "fraction of rows"
    return fitting_label(y_name[int((p - 1) / panel_kinds) + 1], inside_down)
}

function set_panels(    p) {
    for (p = 1; p <= panels; p++) {
        panel_title[p] = quote(shorten(panel_title[p], title_letters))
        panel_count[p] += 0
        y_label[p] = quote(y_label_of(p))
        y_from_0[p] = y_low[p] >= 0 && y_low[p] < 0.4 * y_high[p]
        y_tics[p] = "\"" log_tics("y", y_low[p], y_high[p], none, 0) "\""
    }
    set_array("panel_title", panel_title, panels)
    set_array("panel_count", panel_count, panels)
    set_array("y_label", y_label, panels)
    set_array("y_from_0", y_from_0, panels)
    set_array("y_tics", y_tics, panels)
}

END {
    find_curves()
    choose_by()
    find_panels()
    find_groups()
    put_rows()
    put_blocks()
    if (title == "") title = heading_of(y)
    subtitle = note()
    choose_layout()
    set_page()
    set_blocks()
    set_panels()
    if (not_positive)
        print not_positive " values that are not positive are not drawn:" \
            " the axis is logarithmic" > notes
}
