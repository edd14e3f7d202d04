# SPDX-License-Identifier: GPL-3.0-or-later
#
# Time and memory against the number of tokens.
#     gnuplot -c bench-measures.gp PICTURE TABLE

output = ARG1
data = ARG2
set encoding utf8
set terminal pngcairo size 1200, 600 font "DejaVu Sans,12"
set output output
set datafile separator comma
set datafile columnheaders
set datafile missing NaN
work(column_name, name) = strcol("work") eq name && column("threads") == 2 ? \
    column(column_name) : NaN
set border 3 linecolor "#444444"
set tics nomirror out textcolor "#000000"
set grid linetype 1 linecolor "#E4E4E4" linewidth 1
set key bottom right opaque noautotitle Left reverse samplen 2
set logscale xy
set format "10^{%T}"
set xlabel "tokens N (d = 64, 2 threads)"
set multiplot layout 1, 2

set title "Time of one head"
set ylabel "seconds, median"
set xrange [800:40000]
plot data using 2:(work("tiles_seconds", "entropy softmax")) \
        with linespoints pointtype 4 linecolor "#777777" dashtype 2 \
        title "matrix products of the tiles alone", \
    data using 2:(work("seconds", "entropy softmax")) with linespoints \
        pointtype 7 linecolor "#0072B2" title "entropy, softmax", \
    data using 2:(work("seconds", "entropy lln")) with linespoints \
        pointtype 9 linecolor "#D55E00" title "entropy, LLN", \
    data using 2:(work("seconds", "stats softmax")) with linespoints \
        pointtype 5 linecolor "#009E73" title "all of lln-stats, softmax", \
    data using 2:(work("seconds", "entropy softmax causal")) \
        with linespoints pointtype 13 linecolor "#CC79A7" \
        title "entropy, softmax, causal"

set key top left
set title "Peak memory of the process"
set ylabel "MiB"
set format y "%g"
set xrange [800:1300000]
set yrange [1:2000]
plot data using 2:(work("peak_mib", "entropy softmax")) with linespoints \
        pointtype 7 linecolor "#0072B2" title "entropy, softmax", \
    data using 2:(work("peak_mib", "stats softmax")) with linespoints \
        pointtype 5 linecolor "#009E73" title "all of lln-stats, softmax", \
    data using 2:(work("peak_mib", "lln-entropy -n 131072")) with points \
        pointtype 6 pointsize 1.5 linecolor "#0072B2" \
        title "lln-entropy, softmax, all rows", \
    data using 2:(work("peak_mib", "lln-entropy --rows 256")) with points \
        pointtype 8 pointsize 1.5 linecolor "#D55E00" \
        title "lln-entropy --rows 256, softmax and LLN", \
    data using 2:(8.0 * column("n") * column("d") / 1048576) with lines \
        linecolor "#777777" dashtype 2 title "Q and K in float32"
unset multiplot
