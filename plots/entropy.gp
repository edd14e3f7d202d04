# SPDX-License-Identifier: GPL-3.0-or-later
#
# Mean row entropy against temperature, from a table of lln-entropy with rows
# of several temperatures.
#     gnuplot -c entropy.gp PICTURE ENTROPY

output = ARG1
data = ARG2
width = 1000
height = 600
load "style.gp"

set title heading("Row entropy of softmax and LLN attention", bars)
set xlabel "temperature τ = 1 / standard deviation of the logits within rows"
set ylabel "mean row entropy (nats)"
set logscale x
set xtics (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 10)
set yrange [0:*]
set offsets graph 0.02, graph 0.02, graph 0.04, 0
set key bottom right

plot data using (pick("tau", uniform)):"entropy_nats" \
        with lines linestyle 5 dashtype 2 title "uniform attention, ln N", \
    data using (pick("tau", softmax)):"entropy_theory_nats" \
        with lines linestyle 1 title "softmax, theory", \
    data using (pick("tau", softmax)):"entropy_nats":"entropy_nats_se" \
        with yerrorbars linestyle 1 title "softmax, measured", \
    data using (pick("tau", matched)):"entropy_nats":"entropy_nats_se" \
        with yerrorlines linestyle 2 dashtype 3 \
        title "LLN, log-variance matched", \
    data using (pick("tau", paper)):"entropy_nats":"entropy_nats_se" \
        with yerrorlines linestyle 3 dashtype 3 \
        title "LLN, published constants"
