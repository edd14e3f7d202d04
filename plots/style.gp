# SPDX-License-Identifier: GPL-3.0-or-later
#
# Settings of all pictures. A script sets output (.png, .svg or .pdf), width and
# height (pixels) and data (its first table), and then loads this file.

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

# The svg terminal draws symbols larger. It also clears the area of a symbol of
# default size below each one, which would erase error bars.
symbol = suffix eq "svg" ? 0.7 : 1
set pointsize 0.1

# pick gives the value of a column in the rows of one kernel. Missing values and
# rows of other kernels do not break a line.
set datafile separator comma
set datafile columnheaders
set datafile missing NaN
pick(name, kernel) = strcol("kernel") eq kernel ? column(name) : NaN

softmax = "softmax"
matched = "lln"
paper = "lln:match=paper"
uniform = "lln:alpha=0:beta=0" # all features are 1: every entry is 1/N

# The palette of Okabe and Ito, which colour-blind readers can distinguish; each
# kernel has its own symbol too. Symbols are measured values, solid lines are
# theory, and dotted lines guide the eye.
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

# A title, and a line that says which heads were measured, from the first row
# (only stats can read a cell).
stats data using (tokens = column("n"), dim = column("d"), \
    samples = column("samples"), tau = column("tau"), \
    file = strcol("source"), 0) every ::0::0 nooutput
while (strstrt(file, "/")) {
    file = file[strstrt(file, "/") + 1 : *]
}
# An underscore, for one, would lower the next letter.
quoted = ""
do for [i = 1 : strlen(file)] {
    quoted = quoted.(strstrt("_^@&~{}\\", file[i : i]) ? "\\" : "").file[i : i]
}
heading(title, note) = sprintf("{/:Bold %s}\n{/*0.85 %s%s}", title, \
    sprintf("N = %d tokens, d = %d, mean of %d %s", tokens, dim, samples, \
    file eq "gaussian" ? "sampled Gaussian heads" : "heads of ".quoted), \
    note)
bars = ", bars: standard error"
