# SPDX-License-Identifier: GPL-3.0-or-later
#
# A map of layers and heads, or of pairs of heads, from the data and settings of
# map.awk. Negative values have a minus sign, for readers who see no colours.
#     gnuplot -c map.gp SETTINGS DATA

load ARG1
data = ARG2
load plots."/style.gp"

if (signed) { eval differences } else { eval amounts }
set cbrange [low:high]
set cblabel value_label
eval colour_box
unset grid
unset border
set tics scale 0.3
set xrange [0.5 : across_count + 0.5]
set yrange [down_count + 0.5 : 0.5]
eval x_tics
eval y_tics
set xlabel x_label
set ylabel y_label
# Few cells are set apart from each other.
half = across_count < 40 && down_count < 40 ? 0.46 : 0.5
# words: allow "behind", a word of gnuplot
set object 1 rectangle from graph 0, graph 0 to graph 1, graph 1 behind \
    fillstyle solid noborder fillcolor rgb faint
eval begin_page
do for [p = 1 : panels] {
    eval borders[p]
    set title panel_title[p]
    if (block[p] < 0) {
        eval no_numbers
        plot NaN
    } else {
        plot data index block[p] using \
            1:2:($1 - half):($1 + half):($2 - half):($2 + half):3 \
            with boxxyerror fillstyle solid noborder fillcolor palette, \
            data index block[p] using (signed && $3 < 0 ? $1 : NaN):2 \
            with points pointtype "−" linecolor rgb "#444444"
    }
    unset label
    unset colorbox
}
eval end_page
