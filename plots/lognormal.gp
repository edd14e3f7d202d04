# SPDX-License-Identifier: GPL-3.0-or-later
#
# How close ln P is to a normal distribution: histogram and quantiles, from
# tables of lln-stats --histogram, lln-stats --qq and lln-stats.
#     gnuplot -c lognormal.gp PICTURE HISTOGRAM QUANTILES SUMMARY

output = ARG1
data = ARG2
quantiles = ARG3
summary = ARG4
width = 1400
height = 700
load "style.gp"

# Kolmogorov-Smirnov distances, for the legend.
stats summary using (pick("tau", softmax) > 0 \
    ? (softmax_ks = column("ks_distance")) : NaN) nooutput
stats summary using (pick("tau", matched) > 0 \
    ? (matched_ks = column("ks_distance")) : NaN) nooutput
legend(name, ks) = sprintf("%s, KS distance %.4f", name, ks)

set tmargin 2
set multiplot layout 1, 2 title heading( \
    sprintf("Distribution of ln P in softmax and LLN attention, τ = %g", \
    tau), "")

set xlabel "standardised ln P (standard deviations)"
set ylabel "density (per standard deviation)"
set xrange [-5:5]
set yrange [0:0.6]
set key top left
plot data using (pick("z_low", softmax)):"density" \
        with steps linestyle 1 title legend("softmax", softmax_ks), \
    data using (pick("z_low", matched)):"density" \
        with steps linestyle 2 \
        title legend("LLN, log-variance matched", matched_ks), \
    data using (pick("z_middle", softmax)):"normal_density" \
        with lines linestyle 4 dashtype 2 title "normal"

set xlabel "quantile of the normal (standard deviations)"
set ylabel "quantile of standardised ln P (standard deviations)"
set xrange [-4:4]
set yrange [-4:4]
set key bottom right
plot x with lines linestyle 4 dashtype 2 title "normal", \
    quantiles using (pick("normal_quantile", softmax)):"quantile" \
        with points linestyle 1 pointsize 0.5 * symbol title "softmax", \
    quantiles using (pick("normal_quantile", matched)):"quantile" \
        with points linestyle 2 pointsize 0.6 * symbol \
        title "LLN, log-variance matched"

unset multiplot
