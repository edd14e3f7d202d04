# SPDX-License-Identifier: GPL-3.0-or-later
#
# Log-variance of LLN attention against s2 = alpha^2 sigma_q^2 + beta^2
# sigma_k^2: exact, approximations, measured.
#     gnuplot -c log-variance.gp PICTURE MEASURED THEORY

output = ARG1
data = ARG2
theory = ARG3
width = 1400
height = 700
load "style.gp"

set xlabel "s² = α²σ_q² + β²σ_k² (dimensionless)"
set ylabel "log-variance (nats²)"
set tmargin 2

set multiplot layout 1, 2 title heading( \
    "Log-variance of LLN attention, its theory and approximations", bars)

# Both sides show the same curves. On the left, a wide range of s2, for which
# the published line was fitted.
set xrange [0:25]
set yrange [-0.5:4]
set ytics 1
set xzeroaxis linetype 1 linecolor "#444444"
unset key
plot theory using "s2":"exact_variance" with lines linestyle 5, \
    theory using "s2":"fenton_variance" with lines linestyle 5 dashtype 2, \
    theory using "s2":"log_variance_row" with lines linestyle 1, \
    theory using "s2":"fenton_row_variance" \
        with lines linestyle 2 dashtype 2, \
    theory using "s2":"paper_line" with lines linestyle 3 dashtype 4, \
    data using "s2":"log_variance_row":"log_variance_row_se" \
        with yerrorbars linestyle 4

# On the right, small values of s2, where that line is negative and so absent.
set xrange [0.25:25]
set yrange [1e-4:10]
set logscale xy
set ytics 10
set format y "10^{%T}"
set xtics (0.25, 0.5, 1, 2, 4, 8, 16, 25)
set key bottom right
plot theory using "s2":"exact_variance" with lines linestyle 5 \
        title "ln S, before normalisation, exact", \
    theory using "s2":"fenton_variance" with lines linestyle 5 dashtype 2 \
        title "ln S, Fenton", \
    theory using "s2":"log_variance_row" with lines linestyle 1 \
        title "ln P within a row, exact for many tokens", \
    theory using "s2":"fenton_row_variance" \
        with lines linestyle 2 dashtype 2 \
        title "ln P within a row, Fenton", \
    theory using "s2":"paper_line" with lines linestyle 3 dashtype 4 \
        title "ln P, published line", \
    data using "s2":"log_variance_row":"log_variance_row_se" \
        with yerrorbars linestyle 4 \
        title "ln P within a row, measured"

unset multiplot
