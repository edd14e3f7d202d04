# SPDX-License-Identifier: GPL-3.0-or-later
#
# Maps of P in blocks, from the file `input` that lln-attend wrote and the
# settings of blocks.awk. All maps have the same colours: of a logarithmic scale
# if the numbers span more than a factor of 30. 0 has the colour of the
# background, unless linear = 1.
#     gnuplot -c blocks.gp SETTINGS DATA

load ARG1
# The range of the numbers that are drawn, by a drawing that is thrown away.
DECADES = 6
known(value) = linear ? value == value : value > 0
low = NaN
high = NaN
note(value) = (low = !(low <= value) ? value : low, \
    high = !(high >= value) ? value : high, value)
shown(value) = known(value) ? note(value) : NaN
source(p) = "'input' ".binary[p]." using (shown($1)) with image"
set terminal unknown
do for [p = 1 : panels] { eval "plot ".source(p) }
empty = !(low <= high)
if (empty) { low = 0; high = 1 }
if (low == high) { low = low - abs(low) / 2; high = high + abs(high) / 2 }
if (low == high) { high = low + 1 }
logarithmic = !linear && high > 30 * low
if (logarithmic && low < high / 10 ** DECADES) { low = high / 10 ** DECADES }
shown(value) = known(value) ? value : NaN

load plots."/style.gp"
unset grid
unset key
set border 15
x_label = "block of keys"
y_label = "block of queries"
eval amounts
set cbrange [low:high]
set cbtics enhanced
if (logarithmic) {
    set logscale cb
    set format cb power_format
}
eval begin_page
do for [p = 1 : panels] {
    eval borders[p]
    eval share_axes
    set xtics column_step[p]
    set ytics row_step[p]
    set xrange [-0.5:columns[p] - 0.5] noextend
    set yrange [rows[p] - 0.5:-0.5] noextend
    set title panel_title[p]
    if (empty) {
        eval "set label 2 linear ? 'no numbers' : 'no number is positive'". \
            remark_at
        unset colorbox
    }
    if (p == 1 && !empty) {
        eval sprintf("set colorbox user vertical origin screen %g, graph 0 \
            size screen %g, graph 1", colour_left, colour_width)
    }
    eval "plot ".source(p)
    unset colorbox
    unset label
}
eval end_page
