# SPDX-License-Identifier: GPL-3.0-or-later
#
# Time and memory of O = P V against the number of tokens.
#     gnuplot -c bench-attend.gp PICTURE TABLE "KERNEL..." "CAUSAL KERNEL..."

output = ARG1
data = ARG2
names = ARG3
causal_names = ARG4
set encoding utf8
set terminal pngcairo size 1200, 720 font "DejaVu Sans,12"
set output output
set datafile separator comma
set datafile columnheaders
set datafile missing NaN
work(column_name, name) = strcol("work") eq name ? column(column_name) : NaN
set border 3 linecolor "#444444"
set tics nomirror out textcolor "#000000"
set grid linetype 1 linecolor "#E4E4E4" linewidth 1
set key at graph 0, graph -0.17 left top vertical maxrows 6 noautotitle \
    Left reverse samplen 2 width -3
set xrange [400:*]
set logscale xy
set format y "10^{%T}"
set format x "10^{%T}"
set xlabel "tokens N (d = 64, 2 threads)"

# One line for each kernel; dotted lines are causal.
colours = "#0072B2 #D55E00 #009E73 #CC79A7 #E69F00"
marks = "7 9 5 13 11"

set multiplot layout 1, 2 margins 0.08, 0.98, 0.32, 0.93 spacing 0.09
set title "Time of O = P V, one head"
set ylabel "seconds, median"
plot for [i = 1 : words(names)] data \
        using 2:(work("seconds", word(names, i))) with linespoints \
        linecolor rgb word(colours, i) pointtype int(word(marks, i)) \
        title word(names, i), \
    for [i = 1 : words(causal_names)] data \
        using 2:(work("seconds", word(causal_names, i)." causal")) \
        with linespoints linecolor rgb word(colours, i) \
        pointtype int(word(marks, i)) dashtype 3 \
        title word(causal_names, i).", causal", \
    data using 2:(work("peer_seconds", "softmax")) with points pointtype 6 \
        linecolor "#777777" title "torch, softmax", \
    data using 2:(work("peer_seconds", "lln")) with points pointtype 8 \
        linecolor "#777777" title "torch, lln", \
    data using 2:(work("peer_seconds", "lln causal")) with points pointtype 4 \
        linecolor "#777777" title "torch, lln, causal in chunks"

set title "Peak memory of the process"
set ylabel "MiB"
set format y "%g"
set yrange [1:*]
plot for [i = 1 : words(names)] data \
        using 2:(work("peak_mib", word(names, i))) with linespoints \
        linecolor rgb word(colours, i) pointtype int(word(marks, i)) \
        title word(names, i), \
    data using 2:(work("peer_peak_mib", "softmax")) with points pointtype 6 \
        linecolor "#777777" title "torch, softmax", \
    data using 2:(work("peer_peak_mib", "lln")) with points pointtype 8 \
        linecolor "#777777" title "torch, lln", \
    data using 2:(16.0 * column("n") * column("d") / 1048576) with lines \
        linecolor "#777777" dashtype 2 title "Q, K, V, O in float32"
unset multiplot
