# SPDX-License-Identifier: GPL-3.0-or-later
#
# Eigenvalues in the complex plane, with the unit circle and the circle of the
# theory, from the data and settings of eigenvalues.awk.
#     gnuplot -c eigenvalues.gp SETTINGS DATA

load ARG1
data = ARG2
load plots."/style.gp"

# Marks of many heads overlap: they are transparent.
ink_of(p, g) = (several[p] && !text_only ? "#60" : "#00"). \
    substr(colour_of(g), 2, 7)
size_of(p) = (small[p] ? 0.4 : 0.6) * symbol
index_of(p, g) = block[(p - 1) * groups + g]
mark(p, g) = index_of(p, g) < 0 ? "" : sprintf("data index %d using 1:2 \
    with points linestyle %d linewidth 0.8 linecolor rgb '%s' pointsize %g, ", \
    index_of(p, g), style_of(g), ink_of(p, g), size_of(p))
theory_circle(p) = theory[p] < 0 ? "" : sprintf("data index %d using \
    (0):(0):1 with circles fillstyle empty linewidth %g linecolor rgb ink, ", \
    theory[p], several[p] ? 0.4 : 0.8)

unit_circle = "'+' using (0):(0):(1) every ::::0 with circles \
    fillstyle empty linewidth 0.8 linecolor rgb muted dashtype 2, "
entries = "keyentry with lines linewidth 0.8 dashtype 2 linecolor rgb muted \
    title 'unit circle', "
if (theory_text ne "") {
    entries = entries."keyentry with lines linewidth 0.8 linecolor rgb ink \
        title theory_text, "
}
do for [g = 1 : groups] {
    if (group_text[g] ne "") {
        entries = entries.sprintf("keyentry with points linestyle %d \
            title group_text[%d], ", style_of(g), g)
    }
}

set xrange [-half_width:half_width] noextend
set yrange [-half_height:half_height] noextend
x_label = "real part"
y_label = "imaginary part"
set xtics 0.5
set ytics 0.5
eval begin_page
do for [p = 1 : panels] {
    if (!text_only) { eval borders[p] }
    eval share_axes
    set title text_only && p == 1 ? heading."\n".panel_title[p] : \
        panel_title[p]
    unset key
    command = unit_circle.theory_circle(p)
    do for [g = 1 : groups] { command = command.mark(p, g) }
    if (!panel_count[p]) { eval no_numbers }
    if (text_only && p == panels) {
        eval key_below
        command = command.entries
    }
    eval plot_command
    unset label
}
if (!text_only) {
    eval key_below
    eval plot_entries
}
eval end_page
