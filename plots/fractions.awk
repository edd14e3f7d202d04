# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges a table of lln-entropy --diagnose for fractions.gp: a panel for the
# fractions of the ceiling and one for those of the largest entropy, in it a bar
# for each row of the table. For each panel and each part of the bars there is a
# block of the ends of the part and the number of the bar; for a terminal, of
# points along the part.

BEGIN {
    title = ENVIRON["LLN_TITLE"]
    MOST_BARS = 60
    MOST_LETTERS = 40
    STEP = 0.02  # the distance of points on a terminal
}

function find_bars(    i, list) {
    bars = rows > MOST_BARS ? MOST_BARS : rows + 0
    list = telling("", "kernel", "source,layer,head,tau,n,d,causal")
    if (list == "") list = "kernel"
    for (i = 1; i <= bars; i++) {
        bar_name[i] = describe_briefly(i, list)
        if (width(bar_name[i]) > side) side = width(bar_name[i])
    }
    if (side > MOST_LETTERS) side = MOST_LETTERS
    if (side > letters(page_width) / 2.5) side = int(letters(page_width) / 2.5)
    if (side < 8) side = 8
}

# The panels whose columns are in the table, and the columns of their parts.
function find_panels(    i, k, count, part) {
    count = split("share_ceiling_,share_largest_", part, ",")
    for (k = 1; k <= count; k++) {
        parts = 0
        for (i = 1; i <= columns; i++)
            if (index(name[i], part[k]) == 1)
                part_of[panels + 1, ++parts] = name[i]
        if (!parts) continue
        panel_title[++panels] = part[k] == "share_ceiling_" ? \
            "entropy / its ceiling" : "entropy / largest entropy of a head"
        panel_parts[panels] = parts
        if (parts > most_parts) most_parts = parts
    }
    panel_titles = 1
}

function put_blocks(    p, k, i) {
    for (p = 1; p <= panels; p++)
        for (k = 1; k <= most_parts; k++) {
            print text_only ? "NaN NaN" : "NaN NaN NaN" > data
            for (i = 1; i <= bars; i++) put_part(p, k, i)
            print "\n" > data
        }
}

function put_part(p, k, i,    value, from, at_x) {
    value = number_at(i, part_of[p, k])
    if (value == "NaN") return
    known[p, i] = 1
    from = end_of[p, i] + 0
    end_of[p, i] += value
    if (!text_only) {
        if (value > 0) print from, end_of[p, i], i > data
        return
    }
    for (at_x = from + STEP / 2; at_x < end_of[p, i]; at_x += STEP)
        print at_x, i > data
}

# Text of the key: the range of a part, from the names of the columns.
function range_of(k,    upper, lower) {
    upper = part_of[1, k]
    lower = k > 1 ? part_of[1, k - 1] : ""
    gsub(/^share_[a-z]*_/, "", upper)
    gsub(/^share_[a-z]*_/, "", lower)
    gsub(/_/, ".", upper)
    gsub(/_/, ".", lower)
    if (k == 1) return "below " upper
    return k == most_parts ? lower " and more" : lower " to " upper
}

# Bars without numbers have a text.
function set_unknown(    p, i) {
    for (p = 1; p <= panels; p++)
        for (i = 1; i <= bars; i++)
            if (!known[p, i]) {
                unknown_panel[++unknown] = p
                unknown_bar[unknown] = i
            }
    set("unknown", unknown + 0)
    set_array("unknown_panel", unknown_panel, unknown + 0)
    set_array("unknown_bar", unknown_bar, unknown + 0)
}

# The height of panels follows from that of the bars.
function choose_aspect(    left) {
    left = (side * LETTER + 1.2) * font
    choose_grid(panels, 24 * font + left)
    return ((bars ? bars : 2) * 1.6 + 0.6) * font / \
        (page_width / across - left - 1.2 * font)
}

END {
    find_bars()
    find_panels()
    put_blocks()
    if (title == "") title = "Heads by their entropy"
    subtitle = note()
    lay_out(panels, choose_aspect(), most_parts, 13, side, 0)
    set("bars", bars)
    set("parts", most_parts)
    for (i = 1; i <= bars; i++) names[i] = quote(shorten(bar_name[i], side))
    set_array("names", names, bars)
    for (k = 1; k <= most_parts; k++) text[k] = quote(range_of(k))
    set_array("part_text", text, most_parts)
    for (p = 1; p <= panels; p++)
        panel_title[p] = quote(shorten(panel_title[p], letters(page_width)))
    set_array("panel_title", panel_title, panels)
    set_unknown()
    if (rows > bars)
        print bars " of " rows " rows are drawn; use fewer kernels or files" \
            " for the others" > notes
}
