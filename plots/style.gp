# SPDX-License-Identifier: GPL-3.0-or-later
#
# What all pictures share. A script sets output (.png, .svg or .pdf), width
# and height (pixels) and data (its first table), then loads this.

set encoding utf8
suffix = output[strlen(output) - 2 : *]
if (suffix eq "svg") {
    set terminal svg size width, height font "DejaVu Sans,15" \
        background "white"
} else {
    if (suffix eq "pdf") {
        set terminal pdfcairo size width / 100.0, height / 100.0 \
            font "DejaVu Sans,11"
    } else {
        set terminal pngcairo size width, height font "DejaVu Sans,12"
    }
}
set output output

# The svg terminal draws symbols larger, and clears the paper behind each for a
# default symbol, error bar and all.
symbol = suffix eq "svg" ? 0.7 : 1
set pointsize 0.1

# Tables are tidy: rows are picked by their kernel. A number that is missing,
# or another kernel's, must not break a line in two.
set datafile separator comma
set datafile columnheaders
set datafile missing NaN
pick(name, kernel) = strcol("kernel") eq kernel ? column(name) : NaN

softmax = "softmax"
matched = "lln"
paper = "lln:match=paper"
uniform = "lln:alpha=0:beta=0" # all features are 1: every entry is 1/N

# Okabe and Ito's palette, which the colour-blind can tell apart; each kernel
# has its own symbol too. Symbols are measured, lines are theory; dotted lines
# guide the eye.
set style line 1 linecolor "#0072B2" linewidth 2 pointtype 7 \
    pointsize 0.9 * symbol
set style line 2 linecolor "#D55E00" linewidth 2 pointtype 9 \
    pointsize 1.1 * symbol
set style line 3 linecolor "#009E73" linewidth 2 pointtype 5 \
    pointsize 0.8 * symbol
set style line 4 linecolor "#000000" linewidth 2 pointtype 7 \
    pointsize 0.8 * symbol
set style line 5 linecolor "#777777" linewidth 2

set border 3 linecolor "#444444"
set tics nomirror out textcolor "#000000"
set grid linetype 1 linecolor "#E4E4E4" linewidth 1
set key opaque noautotitle Left reverse samplen 3 spacing 1.2 width -4
set autoscale xfix

# A title over a line that says what was measured, read from the first row
# (stats is gnuplot's only way to read a cell).
stats data using (tokens = column("n"), dim = column("d"), \
    samples = column("samples"), tau = column("tau")) every ::0::0 nooutput
heading(title, note) = sprintf("{/:Bold %s}\n{/*0.85 %s%s}", title, \
    sprintf("N = %d tokens, d = %d, mean of %d sampled Gaussian heads", \
    tokens, dim, samples), note)
bars = ", bars: standard error"
