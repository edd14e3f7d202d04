# SPDX-License-Identifier: GPL-3.0-or-later
#
# Kernels as lines with one dot a head, from the data and settings of dots.awk.
#     gnuplot -c dots.gp SETTINGS DATA

load ARG1
data = ARG2
load plots."/style.gp"

if (gradient) {
    eval amounts
    eval colour_box
    set cblabel gradient_label
}
size_of_dots = (small ? 0.35 : 0.6) * symbol
index_of(p, g) = block[(p - 1) * shown + g]
ink_of(g) = gradient ? "palette" : \
    sprintf("rgb '%s'", colour_of(g))
dots(p, g) = index_of(p, g) < 0 ? "" : sprintf( \
    "data index %d using 1:2%s with points pointtype %s pointsize %g \
    linecolor %s, ", index_of(p, g), gradient ? ":5" : "", \
    gradient ? "7" : word(symbols, style_of(g)), size_of_dots, ink_of(g))
error_bars(p, g) = !bars[(p - 1) * shown + g] || gradient || text_only ? "" : \
    sprintf("data index %d using 1:2:3:4 with xerrorbars pointsize 0 \
    linewidth 1 linecolor %s, ", index_of(p, g), ink_of(g))
entry(g) = group_text[g] eq "" ? "" : sprintf("keyentry with points \
    pointtype %s linecolor %s title group_text[%d], ", \
    word(symbols, style_of(g)), ink_of(g), g)
entries = ""
do for [g = 1 : shown] { entries = entries.entry(g) }

set yrange [lines + 0.6 : 0.4]
set ytics () scale 0
do for [i = 1 : lines] {
    set ytics add (line_name[i] i)
}
set ytics noenhanced
set grid noytics
do for [i = 1 : text_only ? 0 : lines - 1] {
    set arrow i from graph 0, first i + 0.5 to graph 1, first i + 0.5 nohead \
        back linecolor rgb faint linewidth 0.6
}
unset ylabel
set offsets graph 0.03, graph 0.03, 0, 0
set autoscale xfix
eval begin_page
do for [p = 1 : panels] {
    if (!text_only) { eval borders[p] }
    set title text_only && p == 1 ? heading : ""
    set xlabel x_label[p]
    unset logscale
    set xtics autofreq
    set format x number_format
    if (log_axis[p]) {
        set logscale x
        eval x_tics[p]
    }
    command = ""
    do for [g = 1 : shown] {
        command = command.error_bars(p, g).dots(p, g)
    }
    if (!panel_count[p]) {
        eval no_numbers
        set xrange [0:1]
        command = "NaN, "
    } else {
        set xrange [*:*]
    }
    eval plot_command
    unset label
    unset colorbox
}
if (!text_only && entries ne "") {
    eval key_below
    eval plot_entries
}
eval end_page
