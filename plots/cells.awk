# SPDX-License-Identifier: GPL-3.0-or-later
#
# Draws the lines of map.awk and blocks.awk on a terminal: a cell is two half
# blocks, so that a line of text shows two rows of cells in colours. Without
# colours, a cell is two letters of a shade.
#
# columns is the width of the terminal; mono = 1: no colours.

BEGIN {
    FS = "\t"
    # Colours of the 256 of terminals that are near the palettes of style.gp.
    split("17;18;60;242;244;246;144;179;185;227", amount, ";")
    split("25;74;110;152;255;223;215;208;166", difference, ";")
    split(" ,░,▒,▓,█", shade, ",")
}

function colour(value,    i, count) {
    if (value == "") return 238
    count = signed ? 9 : 10
    i = step_of(value, count)
    return signed ? difference[i] : amount[i]
}

# The number of the colour, from 1 to count, of a value of the scale.
function step_of(value, count,    i, edge) {
    if (logarithmic) {
        edge = high
        for (i = count; i > 1 && value < edge; i--)
            edge *= (low / high) ^ (1 / (count - 1))
        return i
    }
    i = 1 + int((value - low) / (high - low) * (count - 1) + 0.5)
    return i < 1 ? 1 : i > count ? count : i
}

function escape(layer, number) {
    return "\033[" layer ";5;" number "m"
}

# Two half blocks: the value above and, if there is one, that below.
function block(above, below, has_below) {
    if (mono) {
        if (above == "") return "··"
        above = shade[step_of(above, 5)]
        return above above
    }
    return escape(38, colour(above)) \
        (has_below ? escape(48, colour(below)) : "") "▀▀" "\033[0m"
}

function put_panel(    i, a, line, step, shown_columns) {
    if (!shown) return
    if (panel != "") print panel
    step = mono ? 1 : 2
    side = 5
    for (i = 1; i <= down; i++)
        if (length(row[i]) > side) side = length(row[i])
    shown_columns = int((columns - side - 3) / 2)
    if (shown_columns > across) shown_columns = across
    for (i = 1; i <= down; i += step) {
        line = sprintf("%" side "s ", \
            (i - 1) % (2 * step) && down > 8 ? "" : row[i])
        for (a = 1; a <= shown_columns; a++)
            line = line block(cell[i, a], cell[i + 1, a], i < down)
        print line
    }
    line = sprintf("%" side + 1 "s", "")
    for (a = 1; a <= shown_columns; a += 4)
        line = line sprintf("%-8s", column[a])
    sub(/ +$/, "", line)
    print line (shown_columns < across ? " …" : "")
}

$1 == "heading" && $2 != "" { print $2 }
$1 == "note" && $2 != "" { print $2 }
$1 == "axes" { axes = "rows: " $2 ", columns: " $3 }
$1 == "range" {
    low = $2; high = $3; signed = $4; label = $5; logarithmic = $6
}
$1 == "rows" { down = NF - 1; for (i = 1; i < NF; i++) row[i] = $(i + 1) }
$1 == "columns" {
    across = NF - 1
    for (i = 1; i < NF; i++) column[i] = $(i + 1)
}
$1 == "panel" {
    put_panel()
    split("", cell)
    panel = $2
    shown++
}
$1 == "cell" { cell[$3, $2] = $4 }
END {
    put_panel()
    print axes
    line = sprintf("%s %.4g ", label, low)
    for (i = 0; i <= 8; i++)
        line = line block(logarithmic ? low * (high / low) ^ (i / 8) : \
            low + (high - low) * i / 8, "", 0)
    print line sprintf(" %.4g", high)
}
