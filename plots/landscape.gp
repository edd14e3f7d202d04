# SPDX-License-Identifier: GPL-3.0-or-later
#
# LLN attention over a grid of alpha and beta, with the points of the methods,
# from a table of lln-match --map of one head or of means over heads. The values
# of --map-a and --map-b must be evenly spaced in the logarithm.
#     gnuplot -c landscape.gp PICTURE MAP

output = ARG1
data = ARG2
width = 1500
height = 1000
load "style.gp"

# A point of the map is drawn as a cell around it.
is_cell = 'strcol("method") eq "nan"'
cell(name) = @is_cell ? column(name) : NaN
stats data using (cell("a")) name "A" nooutput
stats data using (cell("b")) name "B" nooutput
rows = 0
a = NaN
count_rows(x) = (rows = x == x && x != a ? rows + 1 : rows, a = x == x ? x : a)
stats data using (count_rows(cell("a")), 0) nooutput
half_a = (A_max / A_min) ** (0.5 / (rows - 1))
half_b = (B_max / B_min) ** (0.5 / (A_records / rows - 1))

# The methods of the table, and their symbols.
methods = ""
note(name) = methods = name eq "nan" ? methods : methods." ".name
stats data using (note(strcol("method")), 0) nooutput
symbols = "6 4 8 12 2 1 3 10 14"
symbol_of(i) = int(word(symbols, (i - 1) % words(symbols) + 1))
at(name, i) = strcol("method") eq word(methods, i) ? column(name) : NaN

set logscale xy
set xrange [A_min / half_a:A_max * half_a] noextend
set yrange [B_min / half_b:B_max * half_b] noextend
set xtics (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
set ytics (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
set xlabel "a = α σ_q" offset 0, 0.6
set ylabel "b = β σ_k" offset 1.5, 0
set size square
unset grid
set border 15
unset key
set colorbox

# At the sides, more than white: different signs, or much and little.
signed = 'set palette defined (-1 "#0072B2", 0 "#FFFFFF", 1 "#D55E00")'
amount = 'set palette defined (0 "#FFFFFF", 0.5 "#E69F00", 1 "#7A2400")'

set multiplot layout 2, 3 margins 0.06, 0.94, 0.13, 0.86 \
    spacing 0.09, 0.14 title heading( \
    "LLN attention over α and β, beside softmax attention", \
    sprintf(", temperature τ = %.3g", tau))

# A panel that shows `value`, an expression with columns.
draw(value) = 'plot data using (cell("a")):(cell("b")): \
        (cell("a") / half_a):(cell("a") * half_a): \
        (cell("b") / half_b):(cell("b") * half_b):('.value.') \
        with boxxyerror fillstyle solid noborder fillcolor palette, \
    x with lines linecolor "#777777" dashtype 3, \
    for [i = 1 : words(methods)] data using (at("a", i)):(at("b", i)) \
        with points linecolor "#000000" linewidth 1.5 \
        pointtype symbol_of(i) pointsize 1.4 * symbol'

eval signed
set title "log-variance D2, LLN / softmax"
set logscale cb
set cbrange [0.01:100]
set format cb "10^{%T}"
eval draw('cell("relative_error") + 1')

set title "entropy, LLN − softmax (nats)"
unset logscale cb
set format cb "%g"
set cbrange [-4:4]
eval draw('cell("entropy_gap_nats")')

eval amount
set title "total variation distance (dimensionless)"
set cbrange [0:1]
eval draw('cell("total_variation")')

set title "divergence from softmax (nats)"
set logscale cb
set cbrange [0.1:10]
eval draw('cell("kl_nats")')

# Without such features a cell is white.
positive(name) = cell(name) > 0 ? cell(name) : NaN
set title "fraction of features that overflow in float16"
set cbrange [0.00001:1]
set format cb "10^{%T}"
eval draw('positive("fp16_overflow")')

# A key in one line; gnuplot would make it no wider than a panel.
do for [i = 1 : words(methods)] {
    set label i word(methods, i) noenhanced left \
        at screen 0.5 + (i - 0.5 - words(methods) / 2.0) * 0.1 - 0.03, \
        screen 0.035 offset 1, 0 point pointtype symbol_of(i) \
        pointsize 1.4 * symbol linewidth 1.5
}
set title "fraction that becomes 0 in float16\nafter maxima are subtracted"
eval draw('positive("fp16_shifted_flushed")')

unset multiplot
