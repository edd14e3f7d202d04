# SPDX-License-Identifier: GPL-3.0-or-later
#
# Each layer over training: standard deviations of queries and keys, within-row
# log-variance, alpha and beta, and entropy, from tables of lln-stats, lln-match
# and lln-entropy with --aggregate layer and {step} in the names of the files
# (lln-formats(5) has the commands). One kernel and one method are drawn.
#     gnuplot -c training.gp PICTURE MOMENTS MATCHED ENTROPY

output = ARG1
data = ARG2
matched_table = ARG3
entropy_table = ARG4
width = 1400
height = 1000
load "style.gp"
quoted = "each layer"

# Layers beyond the last style begin with the first again.
style(layer) = int(layer) % 5 + 1
stats data using "layer" nooutput
last = int(STATS_max)
stats data using (kernel = strcol("kernel"), 0) every ::0::0 nooutput
at(name, layer) = column("layer") == layer && \
    strcol("kernel") eq kernel ? column(name) : NaN
of(name, layer) = column("layer") == layer ? column(name) : NaN

set tmargin 2
set multiplot layout 2, 2 title heading("Heads over training", bars)
set xlabel "training step"
set key outside right top vertical width 3

set ylabel "standard deviation of queries (solid) and keys (dashed)"
plot for [l = 0 : last] data using "step":(at("sigma_q", l)):"sigma_q_se" \
        with yerrorlines linestyle style(l) title sprintf("layer %d", l), \
    for [l = 0 : last] data using "step":(at("sigma_k", l)) \
        with lines linestyle style(l) dashtype 2

set ylabel "within-row log-variance D_2 (nats^2)"
plot for [l = 0 : last] \
    data using "step":(at("log_variance_row", l)):"log_variance_row_se" \
        with yerrorlines linestyle style(l) title sprintf("layer %d", l)

set ylabel "alpha (solid) and beta (dashed) of matched LLN"
plot for [l = 0 : last] \
    matched_table using "step":(of("alpha", l)):"alpha_se" \
        with yerrorlines linestyle style(l) title sprintf("layer %d", l), \
    for [l = 0 : last] matched_table using "step":(of("beta", l)) \
        with lines linestyle style(l) dashtype 2

stats entropy_table using (kernel = strcol("kernel"), 0) every ::0::0 nooutput
set ylabel "mean entropy of rows (nats)"
plot for [l = 0 : last] \
    entropy_table using "step":(at("entropy_nats", l)):"entropy_nats_se" \
        with yerrorlines linestyle style(l) title sprintf("layer %d", l)
unset multiplot
