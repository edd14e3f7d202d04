# SPDX-License-Identifier: GPL-3.0-or-later
#
# What all pictures share: the rows of a table, the names of its columns, and
# texts for gnuplot. Read labels.tsv first, and then a table from read.awk.
#
# With tex = 1, texts are for LaTeX.

BEGIN { FS = "\t" }
FILENAME == ARGV[1] && /^#/ { next }
FILENAME == ARGV[1] {
    label[$1] = $2
    if ($3 != "") short_label[$1] = $3
    next
}
FNR == 1 {
    for (i = 1; i <= NF; i++) {
        column[$i] = i
        name[i] = $i
    }
    columns = NF
    next
}
{ row[++rows] = $0 }

# The value of a column in a row, "nan" if there is no such column.
function at(r, c) {
    if (r != at_row) {
        split(row[r], at_cell, "\t")
        at_row = r
    }
    return c in column ? at_cell[column[c]] : "nan"
}

function is_number(text) {
    return text ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/
}

# The number in a column, or NaN, for gnuplot.
function number_at(r, c,    value) {
    value = at(r, c)
    return is_number(value) ? value : "NaN"
}

# Whether a column has a number in any row.
function has_numbers(c,    r) {
    if (!(c in column)) return 0
    if (!(c in numbers_known)) {
        numbers_known[c] = 0
        for (r = 1; r <= rows && !numbers_known[c]; r++)
            numbers_known[c] = is_number(at(r, c))
    }
    return numbers_known[c]
}

# The number of distinct values of a column, up to 1000; missing ones do not
# count.
function distinct(c,    r, value, seen) {
    if (!(c in column)) return 0
    if (!(c in distinct_known)) {
        distinct_known[c] = 0
        for (r = 1; r <= rows && distinct_known[c] < 1000; r++) {
            value = at(r, c)
            if (value != "nan" && !(value in seen)) {
                seen[value] = 1
                distinct_known[c]++
            }
        }
    }
    return distinct_known[c]
}

# The values of the columns of a list, as one text.
function key_of(r, list,    i, count, part, key) {
    count = split(list, part, ",")
    key = ""
    for (i = 1; i <= count; i++) key = key "\t" at(r, part[i])
    return key
}

# Makes a column of a parameter in the names of kernels, and takes it out of
# them.
function split_parameter(name,    r, text, value, cells, cell, i, line) {
    for (r = 1; r <= rows; r++) {
        text = at(r, "kernel")
        value = "nan"
        if (match(text, ":" name "=[^:]*")) {
            value = substr(text, RSTART + length(name) + 2, \
                RLENGTH - length(name) - 2)
            text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
        }
        cells = split(row[r], cell, "\t")
        cell[column["kernel"]] = text
        line = cell[1]
        for (i = 2; i <= cells; i++) line = line "\t" cell[i]
        row[r] = line "\t" value
    }
    at_row = 0
    delete distinct_known["kernel"]
    column[name] = ++columns
}

# The columns that tell apart rows with the same values of `always`, a list:
# those of `first` that vary, and as few of `more`, in their order, as needed.
function telling(always, first, more,    i, count, part, list) {
    list = varied_beside(always, first)
    count = split(more, part, ",")
    for (i = 1; i <= count && !is_unique(always "," list); i++)
        if (distinct(part[i]) > 1 && \
            !index("," always ",", "," part[i] ","))
            list = list (list == "" ? "" : ",") part[i]
    return list
}

function is_unique(list,    r, key, seen) {
    for (r = 1; r <= rows; r++) {
        key = key_of(r, list)
        if (key in seen) return 0
        seen[key] = 1
    }
    return 1
}

# Whether the method follows from the kernel and the size, as that of a spectrum
# does, and is no choice of the reader.
function method_is_result() {
    return "residual" in column || "sigma" in column || "gap" in column
}

# The columns of a list that have several values and are not in `others`.
function varied_beside(others, list,    i, count, part, out) {
    count = split(list, part, ",")
    out = ""
    for (i = 1; i <= count; i++) {
        if (index("," others ",", "," part[i] ",") || distinct(part[i]) < 2)
            continue
        if (part[i] == "method" && method_is_result()) continue
        out = out (out == "" ? "" : ",") part[i]
    }
    return out
}

# A text for gnuplot, with its special characters.
function quote(text) {
    if (tex) text = to_tex(text)
    gsub(/\047/, "\047\047", text)
    return "\047" text "\047"
}

function to_tex(text) {
    gsub(/\\/, "\001", text)
    gsub(/[#$%&_{}]/, "\\\\&", text)
    gsub(/\^/, "\\^{}", text)
    gsub(/~/, "\\~{}", text)
    gsub(/\001/, "$\\backslash$", text)
    gsub(/−/, "$-$", text)
    gsub(/τ/, "$\\tau$", text)
    gsub(/λ₂/, "$\\lambda_2$", text)
    gsub(/σ₁/, "$\\sigma_1$", text)
    gsub(/α/, "$\\alpha$", text)
    gsub(/β/, "$\\beta$", text)
    gsub(/σ/, "$\\sigma$", text)
    gsub(/²/, "$^2$", text)
    gsub(/₂/, "$_2$", text)
    gsub(/[|<>]/, "$&$", text)
    gsub(/…/, "\\dots{}", text)
    gsub(/×/, "$\\times$", text)
    return text
}

# The number of characters of a text in UTF-8.
function width(text) {
    return length(text) - gsub(/[\200-\277]/, "", text)
}

# A text of at most `most` characters: the middle of a longer one is left out.
function shorten(text, most,    i, characters, count, out, character) {
    if (most < 3) most = 3
    if (width(text) <= most) return text
    count = 0
    for (i = 1; i <= length(text); i++) {
        character = substr(text, i, 1)
        if (character ~ /[\200-\277]/) characters[count] = \
            characters[count] character
        else characters[++count] = character
    }
    out = ""
    for (i = 1; i <= int(most / 2); i++) out = out characters[i]
    out = out "…"
    for (i = count - (most - int(most / 2) - 2); i <= count; i++)
        out = out characters[i]
    return out
}

# The label of a column: from labels.tsv, or its name.
function label_of(c,    text) {
    if ("query" in column && c in label) {
        text = label[c]
        sub(/^mean row entropy/, "entropy of the row", text)
        return text
    }
    if (c in label) return label[c]
    text = c
    if (sub(/_delta$/, "", text)) return "difference: " label_of(text)
    if (sub(/_theory$/, "", text)) return label_of(text) ", theory"
    if (c ~ /^k[0-9][0-9]+$/)
        return "keys that hold " substr(c, 2) " % of a row"
    if (sub(/_nats$/, "", text)) text = text " (nats)"
    return text
}

# The label of a column, with at most this number of letters.
function fitting_label(c, most,    text) {
    text = label_of(c)
    if (width(text) > most && c in short_label) text = short_label[c]
    return shorten(text, most)
}

# Finds the folders that all files of the table are in, if files in different
# folders have the same name.
function find_common_folder(    r, text, name, folder, seen, names) {
    common_known = 1
    for (r = 1; r <= rows; r++) {
        text = at(r, "source")
        if (text in seen) continue
        folder = text
        sub(/[^\/]*$/, "", folder)
        if (r == 1) common = folder
        while (common != "" && index(folder, common) != 1)
            sub(/[^\/]*\/$/, "", common)
        seen[text] = 1
        name = substr(text, length(folder) + 1)
        if (name in names) same_names = 1
        names[name] = 1
    }
}

# The name of a file, without folders that do not tell it from others.
function source_name(text) {
    if (!common_known) find_common_folder()
    if (!same_names) sub(/^.*\//, "", text)
    else if (index(text, common) == 1) text = substr(text, length(common) + 1)
    return text
}

# The values of columns that tell one row from others, as a text: the kernel is
# named alone, other values with the name of the column.
function describe(r, list,    i, count, part, value, out) {
    count = split(list, part, ",")
    out = ""
    for (i = 1; i <= count; i++) {
        value = at(r, part[i])
        if (part[i] == "source" || part[i] == "source_b")
            value = source_name(value)
        if (part[i] !~ /^(kernel|method|source)$/)
            value = part[i] " " (is_number(value) ? value + 0 : value)
        out = out (out == "" ? "" : ", ") value
    }
    return out
}

# The same without the endings of files.
function describe_briefly(r, list,    text) {
    text = describe(r, list)
    gsub(/[.](safetensors|np[yz])/, "", text)
    return text
}

# Puts a value among values[1 .. count], which are in order.
function insert(values, count, value,    i) {
    for (i = count; i > 0 && values[i] > value; i--) values[i + 1] = values[i]
    values[i + 1] = value
}

# Whether a row is about the heads together, not about their mean.
function is_summary() {
    return "heads" in column || "share_ceiling_1" in column || \
        "share_largest_1" in column
}

# The models of a table of lln-train, whose rows average `samples` of them.
function models_of(samples,    text) {
    text = "models"
    if (samples == 1 && distinct("kernel") == 1 && distinct("seed") == 1)
        text = "model"
    if (samples == 1 && distinct("seed") == 1)
        text = text " of seed " at(1, "seed")
    if (samples == 1 && distinct("seed") > 1)
        text = text " of " distinct("seed") " seeds"
    return text ", task "
}

# A line that says which heads the table is about.
function note(    out, source, samples) {
    if (!rows) return "the table has no rows"
    out = ""
    if (distinct("n") == 1) out = "N = " at(1, "n") " tokens"
    if (distinct("d") == 1)
        out = out (out == "" ? "" : ", ") "d = " at(1, "d")
    if (distinct("source") != 1) return out
    source = source_name(at(1, "source"))
    samples = at(1, "samples")
    source = source == "gaussian" ? "sampled Gaussian heads" : \
        ("accuracy" in column ? models_of(samples) : "heads of ") source
    if (distinct("samples") == 1 && samples > 1)
        source = (is_summary() ? "" : "mean of ") samples " " source
    return out (out == "" ? "" : ", ") source
}

# Lines of at most `most` characters, as an expression of gnuplot.
function wrap(text, most,    i, count, word, line, out) {
    count = split(text, word, " ")
    line = ""
    out = ""
    for (i = 1; i <= count; i++) {
        if (line != "" && width(line " " word[i]) > most) {
            out = out quote(line) ".\"\\n\"."
            wrapped++
            line = ""
        }
        line = line (line == "" ? "" : " ") shorten(word[i], most)
    }
    wrapped++
    return out quote(line)
}

function set(variable, value) {
    print variable " = " value >> settings
}

# An array of gnuplot from values 1 to count; there is none without elements.
function set_array(variable, values, count,    i) {
    print "array " variable "[" (count > 0 ? count : 1) "]" >> settings
    for (i = 1; i <= count; i++)
        print variable "[" i "] = " values[i] >> settings
}
