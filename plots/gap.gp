# SPDX-License-Identifier: GPL-3.0-or-later
#
# Spectral gap and second eigenvalue against temperature, from a table of
# lln-spectral. The theory gives a typical size; the second eigenvalue of single
# heads can be larger, most often for LLN.
#     gnuplot -c gap.gp PICTURE SPECTRUM

output = ARG1
data = ARG2
width = 1400
height = 700
load "style.gp"

set xlabel "temperature τ = 1 / standard deviation of the logits within rows"
set logscale x
set xtics (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 10)
set offsets graph 0.02, graph 0.02, 0, 0

set tmargin 2
set multiplot layout 1, 2 \
    title heading("Spectral gap of softmax and LLN attention", bars)

# On the left, softmax at low temperature is distinct from LLN.
set ylabel "spectral gap 1 − |λ_2| (dimensionless)"
set yrange [0:1]
set key bottom right
plot data using (pick("tau", softmax)):(1 - column("lambda2_theory")) \
        with lines linestyle 1, \
    data using (pick("tau", matched)):(1 - column("lambda2_theory")) \
        with lines linestyle 2, \
    data using (pick("tau", paper)):(1 - column("lambda2_theory")) \
        with lines linestyle 3, \
    data using (pick("tau", softmax)):"gap":"gap_se" \
        with yerrorbars linestyle 1 title "softmax", \
    data using (pick("tau", matched)):"gap":"gap_se" \
        with yerrorbars linestyle 2 title "LLN, log-variance matched", \
    data using (pick("tau", paper)):"gap":"gap_se" \
        with yerrorbars linestyle 3 title "LLN, published constants", \
    keyentry with lines linestyle 4 title "lines: theory, typical size"

# On the right, values that are close to 1 on the left are distinct.
set ylabel "second eigenvalue |λ_2| (dimensionless)"
set logscale y
set yrange [*:1] noextend
set offsets graph 0.02, graph 0.02, 0, graph 0.05
set format y "10^{%T}"
unset key
plot data using (pick("tau", softmax)):"lambda2_theory" \
        with lines linestyle 1, \
    data using (pick("tau", matched)):"lambda2_theory" \
        with lines linestyle 2, \
    data using (pick("tau", paper)):"lambda2_theory" \
        with lines linestyle 3, \
    data using (pick("tau", softmax)):"lambda2":"lambda2_se" \
        with yerrorbars linestyle 1, \
    data using (pick("tau", matched)):"lambda2":"lambda2_se" \
        with yerrorbars linestyle 2, \
    data using (pick("tau", paper)):"lambda2":"lambda2_se" \
        with yerrorbars linestyle 3

unset multiplot
