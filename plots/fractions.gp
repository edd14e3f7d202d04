# SPDX-License-Identifier: GPL-3.0-or-later
#
# Bars of fractions that add to 1, from the data and settings of fractions.awk.
#     gnuplot -c fractions.gp SETTINGS DATA

load ARG1
data = ARG2
load plots."/style.gp"

# From dark to light, for readers who see no colours.
part_colours = "#2A4A7F #6C7078 #B4A76B #FEE838"
part_colour(k) = word(part_colours, (k - 1) % words(part_colours) + 1)
bar(p, k) = sprintf("data index %d using ", (p - 1) * parts + k - 1). \
    (text_only ? sprintf("1:(-$2) with points pointtype %d \
        linecolor rgb '%s', ", k, colour_of(k)) : \
    sprintf("(($1 + $2) / 2):(-$3):1:2:(-$3 - 0.36):(-$3 + 0.36) \
        with boxxyerror fillstyle solid border rgb background \
        linewidth 0.6 fillcolor rgb '%s', ", part_colour(k)))
entry(k) = text_only ? sprintf("keyentry with points pointtype %d \
    linecolor rgb '%s' title part_text[%d], ", k, colour_of(k), k) : \
    sprintf("keyentry with boxes fillstyle solid noborder \
    fillcolor rgb '%s' title part_text[%d], ", part_colour(k), k)

entries = ""
do for [k = 1 : parts] { entries = entries.entry(k) }
set xrange [0:1] noextend
set yrange [-(bars > 0 ? bars : 1) - 0.7:-0.3] noextend
set xtics 0.25
set xlabel "fraction of the heads"
set ytics () noenhanced scale 0 textcolor rgb ink
do for [i = 1 : bars] { set ytics add (names[i] -i) }
if (!bars) { unset ytics }
unset grid
set border 1
eval begin_page
do for [p = 1 : panels] {
    if (!text_only) { eval borders[p] }
    set title (text_only && p == 1 ? heading."\n" : "").panel_title[p]
    unset key
    command = ""
    do for [k = 1 : parts] { command = command.bar(p, k) }
    do for [i = 1 : unknown] {
        if (unknown_panel[i] == p) {
            set label 2 + i 'no numbers' at 0.01, -unknown_bar[i] left \
                noenhanced textcolor rgb muted
        }
    }
    if (!bars) {
        eval empty_panel
    }
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
