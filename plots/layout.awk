# SPDX-License-Identifier: GPL-3.0-or-later
#
# The places of panels, title and key, in points: from the width `page_width`,
# the height `page_height` (0: chosen here) and the size of the letters `font`.
# gnuplot knows neither how long a text is nor how many lines the key needs.

# Text and room, in multiples of the size of the letters.
BEGIN {
    LINE = 1.3
    LETTER = 0.6
    TICS = 4.5  # numbers at the vertical axis, with the distance to it
}

# Letters that fit into a width.
function letters(points) {
    return int(points / (LETTER * font))
}

# Writes the settings of a grid of `panels`, each `aspect` times as high as wide
# or, if it is negative, -aspect points high, with a key of `keys` entries, of
# at most `longest` letters; a negative number is that of free lines below the
# panels. Panels belong together in groups of `together`. `side` is the room
# for names at the left of each panel, in letters; 0: numbers and a label.
# `right` is the room for a colour box at the right of each panel.
#
# With shared_axes = 1 only the panels at the left and at the bottom have
# numbers and labels; a panel is then at least `narrowest` letters wide, and
# shared_right is room for one colour box at the right of the page.
function lay_out(panels, aspect, keys, longest, side, right,    \
                 left, bottom, top, panel, high) {
    left = side ? (side * LETTER + 1.2) * font : (TICS + 1.5 * LINE) * font
    bottom = 3.4 * LINE * font
    if (shared_axes) share_axes(left, bottom)
    if (shared_axes) left = bottom = (panel_titles ? 0.9 : 0.5) * font
    choose_grid(panels, shared_axes ? \
        (narrowest + right) * LETTER * font + left : \
        24 * font + (side ? left : 0))
    set_heading()
    set_key(keys, longest)
    top = (wrapped * LINE + (wrapped ? 0.8 : 0.4) + \
           (panel_titles ? LINE : 0)) * font
    panel = (page_width - outer_width) / across - left - \
        right * LETTER * font - 1.2 * font
    high = page_height
    if (!high)
        high = top + outer_bottom + down * \
            ((aspect < 0 ? -aspect : panel * aspect) + bottom) + \
            (down - 1) * (panel_titles ? LINE * font : 0) + \
            (key_rows * LINE + 0.4) * font
    place_panels(panels, left, bottom, top, \
        (page_width - outer_width) / across, \
        (high - top - outer_bottom - key_rows * LINE * font - 0.4 * font + \
         (panel_titles ? LINE * font : 0)) / down, right, high)
    title_letters = letters(inner_width + 2 * font)
    inside_across = letters(page_width / across) - 4
    inside_down = letters((high - top - key_rows * LINE * font) / down) - 1
    set_page_size(panels, high)
}

# The title and the second line, in `wrapped` lines.
function set_heading(    most, heading) {
    most = letters(page_width) - 2
    wrapped = 0
    heading = quote("")
    if (titled) heading = wrap(title, most)
    if (titled && subtitle != "")
        heading = heading ".\"\\n\"." wrap(subtitle, most)
    set("heading", heading)
}

# The number of letters of an entry of the key, and of lines of the key.
function set_key(keys, longest,    entry, in_row) {
    key_letters = letters(page_width) - 7
    if (longest < key_letters) key_letters = longest
    entry = (key_letters + 6) * LETTER * font
    in_row = int((page_width - font) / entry)
    if (in_row > keys && keys > 0) in_row = keys
    if (in_row < 1) in_row = 1
    key_rows = keys > 0 ? int((keys + in_row - 1) / in_row) : -keys
}

function set_page_size(panels, high) {
    set("page_width", page_width)
    set("page_height", high)
    set("font_size", font)
    set("panels", panels)
    set("across", across)
    set("heading_y", 1 - 0.4 * font / high)
    set("key_top", (key_rows * LINE + 0.4) * font / high)
}

# Gives the room for numbers and labels to the page, not to each panel.
function share_axes(left, bottom) {
    outer_left = left
    outer_width = left + shared_right * LETTER * font
    outer_bottom = bottom
}

# The number of panels in a row, each at least `least` points wide.
function choose_grid(panels, least) {
    across = int((page_width - outer_width) / least)
    if (across < 1) across = 1
    if (across > panels) across = panels
    if (panels == 4 && across == 3) across = 2
    # Panels that belong together are in lines of one length.
    while (together > 1 && together <= across && across % together) across--
    down = int((panels + across - 1) / across)
    if (shared_axes) across = int((panels + down - 1) / down)
}

# Writes the borders of each panel, in parts of the page. A panel has the width
# `wide` and the height `tall` with its numbers and labels; `top` is that of the
# page, with the title of the first row of panels.
function place_panels(panels, left, bottom, top, wide, tall, right, high, \
                      p, x_at, y_at, title_room, borders) {
    title_room = panel_titles ? LINE * font : 0
    inner_width = wide - left - right * LETTER * font - 1.2 * font
    inner_height = tall - bottom - title_room
    for (p = 1; p <= panels; p++) {
        x_at = outer_left + (p - 1) % across * wide
        y_at = top - title_room + int((p - 1) / across) * tall
        borders[p] = sprintf("\"set lmargin at screen %.5f; " \
            "set rmargin at screen %.5f; set tmargin at screen %.5f; " \
            "set bmargin at screen %.5f\"", (x_at + left) / page_width, \
            (x_at + wide - right * LETTER * font - 1.2 * font) / page_width, \
            1 - (y_at + title_room) / high, 1 - (y_at + tall - bottom) / high)
    }
    set_array("borders", borders, panels)
}

# A title: the labels of columns, without units.
function heading_of(list,    i, count, part, text, out) {
    count = split(list, part, ",")
    out = ""
    for (i = 1; i <= count; i++) {
        text = label_of(part[i])
        sub(/ \([^)]*\)$/, "", text)
        out = out (i > 1 ? ", " : "") text
    }
    if (count > 1 && width(out) > letters(page_width) - 2) return ""
    if (out ~ /_/) return out
    return toupper(substr(out, 1, 1)) substr(out, 2)
}

# Text at an axis, which gnuplot takes for a format.
function tic_text(text) {
    gsub(/%/, "%%", text)
    return text
}

# The command for numbers at a logarithmic axis: the values of the table if
# they are few, 1, 2 and 5 times powers of 10, or only powers of 10. It undoes
# the command for another panel.
function log_tics(axis, low, high, values, count,    \
                  i, power, list, plain) {
    list = ""
    plain = count > 1 && count <= 8
    for (i in values) plain = plain && length(values[i]) <= 4
    if (!(low > 0) || high >= 3000 * low && !plain || high > 1e5 * low)
        return "set " axis "tics autofreq; set format " axis " power_format"
    if (plain)
        for (i in values) list = list (list == "" ? "" : ", ") values[i]
    else
        for (power = -12; power < 13; power++)
            for (i = 1; i <= 5; i += i < 2 ? 1 : 3)
                if (i * 10 ^ power >= low * 0.9 && \
                    i * 10 ^ power <= high * 1.1)
                    list = list (list == "" ? "" : ", ") i * 10 ^ power
    if (!index(list, ",")) list = even_tics(low, high)
    return "set format " axis " number_format; set " axis "tics (" list ")"
}

# Three to five multiples of 1, 2 or 5 times a power of 10, or the only value.
function even_tics(low, high,    step, power, i, list) {
    if (!(high > low)) return low
    for (power = -300; !step || (high - low) / step > 5; power++) {
        step = 10 ^ power
        for (i = 2; i <= 5 && (high - low) / step > 5; i += 3)
            step = i * 10 ^ power
    }
    list = step * int(low / step)
    for (i = int(low / step) + 1; i <= high / step + 1; i++)
        list = list ", " sprintf("%.15g", i * step)
    return list
}
