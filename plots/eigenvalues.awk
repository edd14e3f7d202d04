# SPDX-License-Identifier: GPL-3.0-or-later
#
# Arranges a table of lln-spectral --eigenvalues for eigenvalues.gp: a panel for
# each kernel, source and temperature, with the heads in it. For each panel
# there is a block of re and im for each value of `by`, and a block of the radii
# of the theory.

BEGIN {
    by = ENVIRON["LLN_BY"]
    title = ENVIRON["LLN_TITLE"]
    MOST_GROUPS = 8
    MOST_PANELS = 12
    MANY_POINTS = 300
}

# The number of distinct values of a list of columns.
function combinations(list,    r, key, seen, count) {
    for (r = 1; r <= rows; r++) {
        key = key_of(r, list)
        if (!(key in seen)) { seen[key] = 1; count++ }
    }
    return count
}

# Adds columns to the list of those that tell panels apart if the heads of a
# panel have several values of them. (Heads of a file have different tau.)
function choose_panels(    i, part, heads, count) {
    panel_list = varied_beside("", "kernel,source")
    heads = "kernel,source,layer,head"
    count = split("tau,n,d,causal", part, ",")
    for (i = 1; i <= count; i++) {
        if (part[i] == by || combinations(heads) == \
            combinations(heads "," part[i])) continue
        panel_list = panel_list (panel_list == "" ? "" : ",") part[i]
        heads = heads "," part[i]
    }
}

function find_panels(    r, key) {
    for (r = 1; r <= rows; r++) {
        key = key_of(r, panel_list)
        if (key in panel_at) continue
        panel_at[key] = ++all_panels
        panel_title[all_panels] = describe_briefly(r, panel_list)
        if (width(panel_title[all_panels]) > longest_title)
            longest_title = width(panel_title[all_panels])
    }
    panels = all_panels > MOST_PANELS ? MOST_PANELS : all_panels
    if (!panels) panels = 1
    panel_titles = all_panels > 1
}

# The last group has all values of `by` for which there is no colour.
function group_of(r,    text) {
    if (by == "" || by == "column") return 1
    text = at(r, by)
    if (!(text in group_at)) {
        if (groups < MOST_GROUPS) {
            group_at[text] = ++groups
            group[groups] = describe(r, by)
        } else {
            group_at[text] = MOST_GROUPS
            group[MOST_GROUPS] = "other values of " by
        }
    }
    return group_at[text]
}

function collect(    r, p, g, head) {
    for (r = 1; r <= rows; r++) {
        p = panel_at[key_of(r, panel_list)]
        if (p > panels) continue
        head = p key_of(r, "source,layer,head")
        if (!(head in head_seen)) { head_seen[head] = 1; heads[p]++ }
        note_theory(p, number_at(r, "lambda2_theory"))
        g = group_of(r)
        if (number_at(r, "re") == "NaN" || number_at(r, "im") == "NaN") {
            missing++
            continue
        }
        note_size(at(r, "re") + 0)
        note_size(at(r, "im") + 0)
        put_line(p, g, at(r, "re") " " at(r, "im"))
        panel_count[p]++
    }
    if (!groups) groups = 1
}

function note_size(value) {
    if (value < 0) value = -value
    if (value > largest) largest = value
}

function note_theory(p, radius) {
    if (radius == "NaN" || (p, radius) in radius_seen) return
    radius_seen[p, radius] = 1
    put_line(p, 0, radius)
    any_theory = 1
    note_size(radius + 0)
}

# Block 0 of a panel has its radii.
function put_line(p, g, text) {
    line[p, g, ++lines[p, g]] = text
}

# Two blank lines end a block; -1: there is no such block.
function put_block(p, g,    i) {
    if (!lines[p, g]) return -1
    if (blocks) print "\n" > data
    for (i = 1; i <= lines[p, g]; i++) print line[p, g, i] > data
    return blocks++ + 0
}

function put_blocks(    p, g) {
    printf "" > data
    for (p = 1; p <= panels; p++) {
        for (g = 1; g <= groups; g++)
            block[(p - 1) * groups + g] = put_block(p, g)
        theory[p] = put_block(p, 0)
    }
}

# Half of the range of both axes, so that a unit has one length on them.
function set_ranges(    unit) {
    unit = 1.06 * (largest > 1 ? largest : 1)
    set("half_width", unit * (inner_width > inner_height ? \
        inner_width / inner_height : 1))
    set("half_height", unit * (inner_height > inner_width ? \
        inner_height / inner_width : 1))
}

END {
    largest = 1
    choose_panels()
    find_panels()
    collect()
    put_blocks()
    keys = 1 + any_theory
    longest = any_theory ? 17 : 11
    if (groups > 1)
        for (g = 1; g <= groups; g++) {
            keys++
            if (width(group[g]) > longest) longest = width(group[g])
        }
    if (title == "") title = "Eigenvalues of P in the complex plane"
    subtitle = note()
    shared_axes = 1
    narrowest = page_width < 300 ? 18 : 24
    lay_out(panels, 1, keys, longest, 0, 0)
    set_ranges()
    set("groups", groups)
    set("theory_text", quote(any_theory ? "radius of theory" : ""))
    for (g = 1; g <= groups; g++)
        text[g] = quote(groups > 1 ? shorten(group[g], key_letters) : "")
    for (p = 1; p <= panels; p++) {
        title_of[p] = quote(shorten(panel_title[p], inside_across))
        panel_count[p] += 0
        several[p] = heads[p] > 1
        small[p] = panel_count[p] > MANY_POINTS || inner_width < 120
    }
    set_array("block", block, panels * groups)
    set_array("theory", theory, panels)
    set_array("group_text", text, groups)
    set_array("panel_title", title_of, panels)
    set_array("panel_count", panel_count, panels)
    set_array("several", several, panels)
    set_array("small", small, panels)
    if (all_panels > panels)
        print panels " of " all_panels " panels are drawn; use fewer kernels" \
            ", files or temperatures for the others" > notes
    if (missing)
        print missing " eigenvalue" (missing > 1 ? "s are" : " is") \
            " nan and not drawn" > notes
}
