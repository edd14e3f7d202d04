# SPDX-License-Identifier: GPL-3.0-or-later
#
# Maps over alpha and beta with the points of the methods, from the data and
# settings of landscape.awk.
#     gnuplot -c landscape.gp SETTINGS DATA

load ARG1
data = ARG2
load plots."/style.gp"

# Symbols without area, which leave the colour below them visible.
map_symbols = "6 4 8 12 2 1 3 10 14"
symbol_of(i) = int(word(map_symbols, (i - 1) % words(map_symbols) + 1))
mark(i) = sprintf("pointtype %d pointsize %g", symbol_of(i), \
    (small ? 0.8 : 1.1) * symbol)

# Of logarithmic colours 0 has none. Borders close the gaps between cells.
cells(p) = sprintf("data index %d using 1:2:3:4:5:6:(%s) with boxxyerror \
    fillstyle solid linewidth 0.3 linecolor palette, ", block[p], \
    log_colours[p] ? "$7 > 0 ? $7 : NaN" : "$7")
# Both sides of zero are dark in grey: negative cells, or ratios below 1, also
# have a dash.
dashes(p) = !signed[p] ? "" : sprintf("data index %d using \
    ($7 < %d ? $1 : NaN):2:($1 ** 0.6 * $3 ** 0.4):($1 ** 0.6 * $4 ** 0.4): \
    2:2 with boxxyerror fillstyle empty linewidth 0.5 \
    linecolor rgb '#60000000', ", block[p], log_colours[p])
# Black with a white border, for cells of any colour.
points(p, i, ink, thick) = sprintf("data index %d using \
    ($3 == %d ? $1 : NaN):2 with points %s linewidth %g linecolor rgb '%s', ", \
    method_block[p], i, mark(i), thick, ink)
entry(i) = sprintf("keyentry with points %s linewidth 1.2 \
    linecolor rgb ink title method_text[%d], ", mark(i), i)

set logscale xy
set xrange [a_from:a_to] noextend
set yrange [b_from:b_to] noextend
eval x_tics
eval y_tics
unset grid
set border 15
unset key
set colorbox
set cbtics enhanced
eval begin_page
do for [p = 1 : panels] {
    eval borders[p]
    eval share_axes
    set title panel_title[p]
    eval signed[p] ? differences : amounts
    if (log_colours[p]) {
        set logscale cb
        set format cb power_format
        set cbtics autofreq
    } else {
        unset logscale cb
        set format cb number_format
    }
    set cbrange [colour_from[p]:colour_to[p]]
    if (log_colours[p] && colour_to[p] < 30 * colour_from[p]) {
        set format cb number_format
    }
    command = cells(p).dashes(p)."x with lines linewidth 0.8 \
        linecolor rgb '#777777' dashtype 3, "
    do for [i = 1 : methods] {
        command = command.points(p, i, "#FFFFFF", 3). \
            points(p, i, "#000000", 1.2)
    }
    if (remark[p] ne "") {
        eval "set label 2 remark[p]".remark_at
        unset colorbox
    }
    eval plot_command
    set colorbox
    unset label
}
if (methods || dash_text ne "") {
    eval key_below
    entries = dash_text eq "" ? "" : "keyentry with lines linewidth 0.5 \
        linecolor rgb ink title dash_text, "
    do for [i = 1 : methods] { entries = entries.entry(i) }
    eval plot_entries
}
eval end_page
