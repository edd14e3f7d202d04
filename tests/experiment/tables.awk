# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prints one table in markdown from csv tables of lln-train: with kind = images,
# accuracy and measures by kernel; with recall, accuracy by kernel and number of
# tokens, with that of a guess among the 16 values of an example; with factor,
# accuracy by multiple of alpha and beta and task. Values are those of the last
# step, with their standard errors.

BEGIN { FS = "," }

FNR == 1 {
    for (i in at) delete at[i]
    for (i = 1; i <= NF; i++) at[$i] = i
    next
}

# The last row of a kernel replaces those before it.
{
    column = kind == "recall" ? cell("n") : cell("source")
    if (!(column in known)) {
        known[column] = 1
        order[++columns] = column
    }
    kernel = cell("kernel")
    if (!(kernel in seen)) {
        seen[kernel] = 1
        row[++rows] = kernel
    }
    accuracy[kernel, column] = with_error("accuracy", 3)
    loss[kernel, column] = with_error("test_loss", 3)
    entropy[kernel, column] = with_error("entropy_nats", 2)
    lambda2[kernel, column] = with_error("lambda2", 2)
    tau[kernel, column] = rounded("tau", 2)
    seconds[kernel, column] = rounded("seconds", 0)
}

function cell(name) { return name in at ? $at[name] : "nan" }

function rounded(name, digits) {
    return cell(name) == "nan" ? "" : sprintf("%.*f", digits, cell(name))
}

function with_error(name, digits,    value, error) {
    value = rounded(name, digits)
    error = rounded(name "_se", digits)
    return value == "" || error == "" ? value : value " ± " error
}

function rule(count,    i, line) {
    line = "|"
    for (i = 0; i < count; i++) line = line "---|"
    print line
}

function heads(    i, line, name) {
    line = kind == "factor" ? "| alpha and beta |" : "| kernel |"
    for (i = 1; i <= columns; i++) {
        name = kind == "recall" ? "N = " order[i] : order[i] ", accuracy"
        line = line " " name " |"
    }
    if (kind == "factor")
        for (i = 1; i <= columns; i++)
            line = line " " order[i] ", entropy (nats) |"
    print line
    rule(kind == "factor" ? 2 * columns + 1 : columns + 1)
}

function images_table(    c) {
    c = order[1]
    print "| kernel | accuracy | loss (nats) | entropy (nats) |" \
        " second eigenvalue | temperature | seconds |"
    rule(7)
    for (r = 1; r <= rows; r++)
        print "| `" row[r] "` | " accuracy[row[r], c] " | " loss[row[r], c] \
            " | " entropy[row[r], c] " | " lambda2[row[r], c] " | " \
            tau[row[r], c] " | " seconds[row[r], c] " |"
}

function other_tables(    line, i, name) {
    heads()
    for (r = 1; r <= rows; r++) {
        name = row[r]
        if (kind == "factor") sub(/.*factor=/, "", name)
        line = "| " (kind == "factor" ? name " times the match" : \
            "`" name "`") " |"
        for (i = 1; i <= columns; i++)
            line = line " " accuracy[row[r], order[i]] " |"
        if (kind == "factor")
            for (i = 1; i <= columns; i++)
                line = line " " entropy[row[r], order[i]] " |"
        print line
    }
    if (kind != "recall") return
    line = "| a guess among the 16 values |"
    for (i = 1; i <= columns; i++)
        line = line sprintf(" %.3f |", 1 / 16)
    print line
}

END {
    if (kind == "images") images_table()
    else other_tables()
}
