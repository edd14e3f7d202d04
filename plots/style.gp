# SPDX-License-Identifier: GPL-3.0-or-later
#
# What all pictures share: the terminal, letters, colours and axes. A script
# first loads the settings that its .awk file wrote. Lengths in them are in
# points; `scale` is the number of pixels in a point. Text of a table is never
# read as markup: enhanced text is for numbers at axes.

set encoding utf8
set minussign
if (terminal eq "png") {
    set terminal pngcairo size page_width * scale, page_height * scale \
        font sprintf("DejaVu Sans,%g", font_size) fontscale 0.75 * scale \
        linewidth scale pointscale scale dashlength 0.7 background background
}
if (terminal eq "svg") {
    set terminal svg size page_width * scale, page_height * scale \
        font sprintf("DejaVu Sans,%g", font_size * scale) \
        linewidth scale background background
}
if (terminal eq "pdf") {
    set terminal pdfcairo size page_width / 72.0, page_height / 72.0 \
        font sprintf("DejaVu Sans,%g", font_size) fontscale 0.75 \
        linewidth 1 background background
}
if (terminal eq "tex") {
    set terminal cairolatex pdf input \
        size page_width / 72.0, page_height / 72.0 \
        font sprintf(",%g", font_size) \
        linewidth 1 dashlength 0.7
}
if (terminal eq "dumb") {
    eval "set terminal dumb noenhanced ".dumb_colours. \
        sprintf(" size %d, %d", dumb_width, dumb_height)
}
set output output
text_only = terminal eq "dumb"

# The svg terminal draws symbols larger.
symbol = terminal eq "svg" ? 0.65 : 0.9

# The colours of Okabe and Ito, which colour-blind readers can distinguish.
# Each also has a symbol and a kind of line of its own.
colours = "#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 ".ink." #888888"
if (text_only) {
    colours = "#5C5CFF #FF5555 #00CD00 #CD00CD #CDCD00 #00CDCD #FFFFFF #888888"
}
symbols = "7 9 5 13 11 6 4 8 12 10 2 1 3 14 15 6"
dashes = "1 2 4 5 3 2 1 4 5 3 1 2 4 5 3 1"
styles = words(symbols)
style_of(i) = (i - 1) % styles + 1
colour_of(i) = word(colours, (i - 1) % words(colours) + 1)
do for [i = 1 : styles] {
    set style line i linecolor rgb colour_of(i) linewidth 1.5 \
        dashtype int(word(dashes, i)) pointtype int(word(symbols, i)) \
        pointsize 0.7 * symbol
}

set datafile missing NaN
set border 3 linecolor rgb muted
set tics nomirror out textcolor rgb ink
set xtics enhanced
set ytics enhanced
set xlabel noenhanced textcolor rgb ink offset 0, (text_only ? 0 : 0.3)
set ylabel noenhanced textcolor rgb ink
set title noenhanced textcolor rgb ink offset 0, -0.6
set grid linetype 1 linecolor rgb faint linewidth 0.6
set key noenhanced textcolor rgb ink noautotitle
set cblabel noenhanced textcolor rgb ink
number_format = terminal eq "tex" ? '$%h$' : '%h'
power_format = terminal eq "tex" ? '$10^{%T}$' : '10^{%T}'
set format number_format
if (text_only) {
    unset grid
    set border 3
}

# Palettes whose lightness grows steadily, for readers who see no colours:
# amounts, and differences from zero.
amounts = 'set palette defined (0 "#00224E", 1 "#123570", 2 "#3B496C", \
    3 "#575D6D", 4 "#707173", 5 "#8A8678", 6 "#A59C74", 7 "#C3B369", \
    8 "#E1CC55", 9 "#FEE838")'
differences = 'set palette defined (-1 "#0072B2", 0 "#F7F7F7", 1 "#D55E00")'

# The colours of a picture with a palette are explained below its panels.
colour_box = "set colorbox horizontal user origin screen 0.25, \
    screen key_top * 0.74 size screen 0.5, screen key_top * 0.14 noborder; \
    set cblabel offset 0, 0.5"

# The parts of a page. On a terminal each panel is a picture of its own.
begin_page = "set multiplot; set label 1 heading \
    at screen 0.5, screen heading_y center noenhanced offset 0, -0.6 \
    textcolor rgb ink"
# The key has the width of the page: it is a picture below the panels.
key_below = "unset tics; unset border; unset label; unset arrow; \
    unset title; unset xlabel; unset ylabel; unset logscale; unset colorbox; \
    set lmargin at screen 0; set rmargin at screen 1; \
    set bmargin at screen 0; set tmargin at screen key_top; \
    set xrange [0:1]; set yrange [0:1]; \
    set key center center horizontal Left reverse samplen 2 width 1"
end_page = "unset multiplot"
# What scripts collect in `command` and `entries` ends with a comma and a space.
plot_command = 'eval "plot ".command[1 : strlen(command) - 2]'
plot_entries = 'eval "plot 2 with lines, ".entries[1 : strlen(entries) - 2]'
# With shared axes, only panels at the left and at the bottom have numbers and
# labels.
is_left(p) = text_only || (p - 1) % across == 0
is_low(p) = text_only || p > panels - across
share_axes = "set xlabel is_low(p) ? x_label : ''; \
    set ylabel is_left(p) ? y_label : ''; \
    set format x is_low(p) ? number_format : ''; \
    set format y is_left(p) ? number_format : ''"
# A text in the middle of a panel that has no numbers.
remark_at = " at graph 0.5, graph 0.5 center noenhanced textcolor rgb muted"
no_numbers = "set label 2 'no numbers'".remark_at
empty_panel = no_numbers."; set xrange [0:1]; set yrange [0:1]; unset logscale"
if (text_only) {
    key_below = "set key outside center bottom horizontal samplen 1"
    begin_page = ""
    end_page = ""
}
