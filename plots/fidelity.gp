# SPDX-License-Identifier: GPL-3.0-or-later
#
# How much of softmax attention each kernel keeps, head by head, from a table
# of lln-attend --compare, up to ten kernels. The rows of a head stand together.
#     gnuplot -c fidelity.gp PICTURE FIDELITY

output = ARG1
data = ARG2
width = 1400
height = 700
load "style.gp"

# The kernels of the table, in its order, and what it is about.
kernels = ""
note(name) = kernels = \
    kernels.(strstrt(kernels." ", " ".name." ") ? "" : " ".name)
stats data using (note(strcol("kernel")), 0) nooutput
stats data using (source = strcol("source"), against = strcol("reference"), 0) \
    every ::0::0 nooutput
while (strstrt(source, "/")) {
    source = source[strstrt(source, "/") + 1 : *]
}
count = words(kernels)
name(i) = word(kernels, i)
title_of(kernel) = \
    kernel eq matched ? "LLN, log-variance matched" : \
    kernel eq paper ? "LLN, the paper's constants" : \
    kernel eq uniform ? "uniform attention" : kernel

# LLN looks as in the other pictures, uniform attention is grey, the others go
# on with the palette.
set style line 11 linecolor "#777777" pointtype 2 pointsize 1.1 * symbol
set style line 12 linecolor "#CC79A7" pointtype 13 pointsize 1.3 * symbol
set style line 13 linecolor "#0072B2" pointtype 4 pointsize 1.0 * symbol
set style line 14 linecolor "#56B4E9" pointtype 7 pointsize 1.0 * symbol
set style line 15 linecolor "#E69F00" pointtype 11 pointsize 1.2 * symbol
set style line 16 linecolor "#000000" pointtype 6 pointsize 1.0 * symbol
set style line 17 linecolor "#009E73" pointtype 12 pointsize 1.2 * symbol
set style line 18 linecolor "#D55E00" pointtype 8 pointsize 1.1 * symbol
set style line 19 linecolor "#0072B2" pointtype 1 pointsize 1.2 * symbol
styles = ""
others = 11
choose(kernel) = kernel eq matched ? 2 : kernel eq paper ? 3 : \
    kernel eq uniform ? 11 : (others = others < 19 ? others + 1 : 12)
do for [i = 1 : count] {
    styles = sprintf("%s %d", styles, choose(name(i)))
}
style_of(i) = int(word(styles, i))

# Kernels stand side by side at their head.
head_of(row) = floor(row / count)
at(row) = head_of(row) + (row - count * head_of(row) - (count - 1) / 2.0) \
    * 0.8 / count
heads = ""
label(row, layer, head) = heads = heads.(row % count ? "" : \
    sprintf("%s\"%g, %g\" %d", row ? ", " : "", layer, head, head_of(row)))
stats data using (label(int($0), column("layer"), column("head")), 0) nooutput
turned = head_of(STATS_records - 1) < 8 ? "norotate" : "rotate"
eval "set xtics ".turned." (".heads.") scale 0"
set xlabel "layer, head"
set xrange [-0.5:head_of(STATS_records - 1) + 0.5] noextend
set grid noxtics
do for [i = 1 : head_of(STATS_records - 1)] {
    set arrow i from i - 0.5, graph 0 to i - 0.5, graph 1 nohead \
        linecolor "#BBBBBB"
}

set tmargin at screen 0.88
set multiplot title sprintf( \
    "{/:Bold How much of %s attention do other kernels keep?}", against)
set label 1 sprintf("heads of %s, N = %d tokens, d = %d", source, tokens, dim) \
    at screen 0.5, screen 0.93 center noenhanced

# An error of 1 is that of no output at all.
set lmargin at screen 0.07
set rmargin at screen 0.385
set ylabel "relative error of outputs |PV − RV| / |RV| (dimensionless)"
set logscale y
set yrange [*:*] noextend
set offsets 0, 0, graph 0.03, graph 0.03
set ytics (0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, \
    5, 10, 100)
set arrow 1000 from graph 0, first 1 to graph 1, first 1 nohead \
    linecolor "#777777" dashtype 2 back
unset key
plot for [i = 1 : count] data \
    using (at($0)):(pick("relative_error", name(i))) \
    with points linestyle style_of(i)

unset label 1
unset arrow 1000
set lmargin at screen 0.45
set rmargin at screen 0.77
set ylabel "share of the ten top keys of a row that are kept (dimensionless)"
unset logscale y
set ytics autofreq
set offsets 0, 0, 0, 0
set yrange [0:1]
set key at screen 0.775, screen 0.5 left center noenhanced
plot for [i = 1 : count] data using (at($0)):(pick("top_overlap", name(i))) \
    with points linestyle style_of(i) title title_of(name(i))

unset multiplot
