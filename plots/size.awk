# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads the values of --size and --font-size. Prints width and height in points
# (height 0: chosen from what is drawn), the size of letters, and the pixels in
# a point of the terminal; or the reason why the text is no size, with status 1.

function refuse(text) {
    print text
    exit 1
}

function points(value, unit) {
    return unit == "in" ? value * 72 : unit == "cm" ? value * 72 / 2.54 : \
        unit == "mm" ? value * 7.2 / 2.54 : value
}

BEGIN {
    expected = ": expected a width such as 3.25in, or width and height such" \
        " as 900x500px"
    on_paper = terminal == "pdf" || terminal == "tex"
    given = size
    if (size == "") size = on_paper ? "6.5in" : "900px"
    unit = "px"
    if (match(size, /(in|cm|mm|pt|px)$/)) {
        unit = substr(size, RSTART)
        size = substr(size, 1, RSTART - 1)
    }
    number = "([0-9]+[.]?[0-9]*|[.][0-9]+)"
    if (size !~ "^" number "(x" number ")?$")
        refuse("--size: '" given "'" expected)
    count = split(size, part, "x")
    width = points(part[1], unit)
    height = count > 1 ? points(part[2], unit) : 0
    if (width < 100 || width > 10000 || height && height < 60 || \
        height > 10000)
        refuse("--size: '" given "': expected a width from 100 to 10000" \
               " points (1.39in to 139in) and a height from 60 points")
    if (font == "")
        font = terminal == "tex" ? 10 : width < 300 ? 7.5 : \
            width < 420 ? 8 : width < 600 ? 9 : \
            width < 800 ? 11 : 13
    else if (font !~ "^" number "$" || font < 7 || font > 72)
        refuse("--font-size: '" font "': expected a number from 7 to 72")
    # A pixel is a point on the screen; on paper, 300 of them are an inch.
    scale = unit == "px" || unit == "pt" ? 1 : \
        terminal == "png" ? 300 / 72 : 96 / 72
    printf "%.10g %.10g %.10g %.10g\n", \
        width, height, font, scale
}
