# SPDX-License-Identifier: GPL-3.0-or-later
#
# Entropy of rows against the position of the query and against the number of
# tokens, from tables of lln-entropy --by-position and --at-lengths with
# --aggregate layer. One kernel is drawn, that of the first row; the dashed line
# is uniform attention.
#     gnuplot -c position.gp PICTURE POSITIONS LENGTHS

output = ARG1
data = ARG2
lengths = ARG3
width = 1200
height = 500
load "style.gp"

# Layers beyond the last style begin with the first again.
style(layer) = int(layer) % 4 + 1
stats data using "layer" nooutput
first = int(STATS_min)
layers = ""
note(l) = strstrt(layers." ", " ".l." ") ? 0 : (layers = layers." ".l, 0)
stats data using (note(sprintf("%d", column("layer")))) nooutput
stats data using (kernel = strcol("kernel"), 0) every ::0::0 nooutput
at(name, layer) = column("layer") == layer && \
    strcol("kernel") eq kernel ? column(name) : NaN

set multiplot layout 1, 2 title heading("Row entropy along a text: ".kernel, \
    ", bars: standard error")
set ylabel "mean row entropy (nats)"
set yrange [0 : *]
set offsets graph 0.02, graph 0.02, graph 0.05, 0
set key top left

set xlabel "last position of the bin"
plot data using "position_max":(at("ln_keys", first)) \
        with lines linestyle 5 dashtype 2 title "uniform attention", \
    for [l in layers] \
    data using "position_max":(at("entropy_nats", l)):"entropy_nats_se" \
        with yerrorlines linestyle style(l) title "layer ".l

set xlabel "number of tokens"
set logscale x 2
plot lengths using "length":(at("ln_keys", first)) \
        with lines linestyle 5 dashtype 2 title "uniform attention", \
    for [l in layers] \
    lengths using "length":(at("entropy_nats", l)):"entropy_nats_se" \
        with yerrorlines linestyle style(l) title "layer ".l
unset multiplot
