# SPDX-License-Identifier: GPL-3.0-or-later
#
# How close each kernel is to softmax in each head, from a table of lln-attend
# --compare with up to ten kernels. The rows of a head must be adjacent, in the
# same order of kernels.
#     gnuplot -c fidelity.gp PICTURE FIDELITY

output = ARG1
data = ARG2
width = 1400
height = 700
load "style.gp"

# The kernels in the order of the table, and the reference.
kernels = ""
note(name) = kernels = \
    kernels.(strstrt(kernels." ", " ".name." ") ? "" : " ".name)
stats data using (note(strcol("kernel")), 0) nooutput
stats data using (against = strcol("reference"), 0) every ::0::0 nooutput
count = words(kernels)
name(i) = word(kernels, i)
title_of(kernel) = \
    kernel eq matched ? "LLN, log-variance matched" : \
    kernel eq paper ? "LLN, published constants" : \
    kernel eq uniform ? "uniform attention" : kernel

# LLN looks as in the other pictures, and uniform attention is grey.
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

# The kernels of a head are drawn side by side.
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
    "{/:Bold How close are other kernels to %s attention?}", against)
set label 1 sprintf("heads of %s, N = %d tokens, d = %d", file, tokens, dim) \
    at screen 0.5, screen 0.93 center noenhanced

# An output of zeros has an error of 1.
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
set ylabel "fraction of the ten top keys of a row in common (dimensionless)"
unset logscale y
set ytics autofreq
set offsets 0, 0, 0, 0
set yrange [0:1]
set key at screen 0.775, screen 0.5 left center noenhanced
plot for [i = 1 : count] data using (at($0)):(pick("top_overlap", name(i))) \
    with points linestyle style_of(i) title title_of(name(i))

unset multiplot
