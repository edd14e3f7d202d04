# SPDX-License-Identifier: GPL-3.0-or-later
#
# Curves, steps or points, with standard errors as bands and theory as thin
# lines, from the data and settings of curves.awk.
#     gnuplot -c curves.gp SETTINGS DATA

load ARG1
data = ARG2
load plots."/style.gp"

with_lines = drawn eq "lines" && !text_only ? \
    (marked ? "linespoints" : "lines") : drawn
if (text_only) { with_lines = drawn eq "steps" ? "steps" : "points" }

# The parts of a panel. A group without numbers is only in the key.
index_of(p, g) = block[(p - 1) * shown + g]
part(p, g, columns, kind) = sprintf('data index %d using %s with %s, ', \
    index_of(p, g), columns, kind)
ink_of(g) = gradient ? "palette" : \
    sprintf("rgb '%s'", colour_of(g))
band(p, g) = text_only || gradient || !errors[(p - 1) * shown + g] || \
    index_of(p, g) < 0 || drawn ne "lines" ? "" : \
    part(p, g, "1:($2-$3):($2+$3)", sprintf( \
    "filledcurves fillstyle transparent solid 0.2 noborder linecolor %s", \
    ink_of(g)))
theory(p, g) = !theories[(p - 1) * shown + g] || index_of(p, g) < 0 ? "" : \
    part(p, g, "6:4", sprintf("lines linewidth 0.6 linecolor %s", \
    drawn eq "steps" ? "rgb ink" : ink_of(g)))
curve(p, g) = index_of(p, g) < 0 ? "" : gradient ? \
    part(p, g, "1:2:5", "lines linewidth 1 linecolor palette") : \
    part(p, g, "1:2", sprintf("%s linestyle %d", with_lines, style_of(g)))
entry(g) = group_text[g] eq "" ? "" : sprintf( \
    "keyentry with %s linestyle %d title group_text[%d], ", with_lines, \
    style_of(g), g)

entries = ""
do for [g = 1 : shown] { entries = entries.entry(g) }
if (theory_text ne "") {
    entries = entries."keyentry with lines linewidth 0.6 ". \
        "linecolor rgb ink title theory_text, "
}

if (log_x) { set logscale x }
eval x_tics
if (log_y) { set logscale y }
if (gradient) {
    eval amounts
    eval colour_box
    set cblabel gradient_label
}
set offsets graph 0.02, graph 0.02, graph 0.02, graph 0.02
set autoscale fix
set xlabel x_label
eval begin_page
do for [p = 1 : panels] {
    if (!text_only) { eval borders[p] }
    set title text_only && p == 1 ? heading."\n".panel_title[p] : \
        panel_title[p]
    set ylabel y_label[p]
    if (log_y) { eval y_tics[p] }
    set yrange [*:*]
    if (y_from_0[p] && !log_y) { set yrange [0:*] }
    unset key
    command = ""
    do for [g = 1 : shown] { command = command.band(p, g) }
    do for [g = 1 : shown] { command = command.theory(p, g) }
    do for [g = 1 : shown] { command = command.curve(p, g) }
    if (diagonal) {
        command = command."x with lines linewidth 0.6 linecolor rgb ink, "
    }
    if (!panel_count[p]) {
        eval empty_panel
        command = command."NaN, "
    }
    if (text_only && p == panels) {
        eval key_below
        command = command.entries
    }
    eval plot_command
    unset label
}
if (!text_only && entries ne "") {
    eval key_below
    eval plot_entries
}
eval end_page
