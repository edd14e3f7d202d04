# SPDX-License-Identifier: GPL-3.0-or-later
#
# Recognises a table by its columns. Prints the kind of picture, x, the columns
# to draw, the column that colours show, the axes that are logarithmic, and the
# style of curves, a line each; or "none" and the reason.
#
# x, y, by, log and map may be given.

BEGIN {
    x = ENVIRON["LLN_X"]; y = ENVIRON["LLN_Y"]; by = ENVIRON["LLN_BY"]
    map = ENVIRON["LLN_MAP"]; axes = ENVIRON["LLN_LOG"]
    style = "lines"
}

# The columns that are drawn unless --y is given: those of the first line of
# which the table has all.
function usual(    i, j, count, part, all, line) {
    split("accuracy,test_loss,entropy_nats,tau,sigma_q,sigma_k;" \
          "alpha,beta,target;relative_error,top_overlap,reference;js_nats;" \
          "entropy_nats;gap;ks_distance,log_variance_row;" \
          "log_variance_row,sigma_q;ks_distance;" \
          "entropy_nats_delta;gap_delta;log_variance_row_delta;" \
          "entropy_normalized_median;slope,intercept;sigma;k90;lambda2;" \
          "modulus", line, ";")
    for (i = 1; i in line; i++) {
        count = split(line[i], part, ",")
        all = 1
        for (j = 1; j <= count; j++) all = all && part[j] in column
        if (!all) continue
        sub(/,(target|reference)$/, "", line[i])
        return line[i]
    }
    for (i = 1; i <= columns; i++)
        if (!is_identity(name[i]) && has_numbers(name[i])) return name[i]
    return ""
}

# Whether any name is that of a column of the tools.
function is_known(    i) {
    for (i = 1; i <= columns; i++)
        if (name[i] in label || is_identity(name[i])) return 1
    return 0
}

function is_identity(c) {
    return c ~ /^(source|step|layer|head|kernel|n|d|causal|samples|tau|rule)$/ \
        || c ~ /^(config|method|matrix|layer_b|head_b|source_b|reference)$/ \
        || c ~ /^(bin|point|query|keys|seed|status|feature|rank|entries)$/ \
        || c ~ /_se$|_min$|_max$/
}

function draw(kind, its_x, its_y, its_axes) {
    if (x == "") x = its_x
    if (y == "") y = its_y
    if (axes == "") axes = its_axes
    if (axes == "none") axes = ""
    if (y == "") none()
    print kind "\n" x "\n" y "\n" by "\n" axes "\n" style
    done = 1
    exit 0
}

function none(text) {
    print "none\n" text
    done = 1
    exit 0
}

# Refuses names that were given if there is no such column or, with numeric = 1,
# no number but another text in it, or with 2, no number.
function check(list, numeric,    i, j, count, part, names) {
    count = split(list, part, ",")
    for (i = 1; i <= count; i++) {
        if (part[i] in column) {
            if (numeric && rows && !has_numbers(part[i]) && \
                (numeric == 2 || distinct(part[i])))
                none("column '" part[i] "' contains no numbers")
            continue
        }
        names = name[1]
        for (j = 2; j <= columns; j++) names = names ", " name[j]
        none("no column '" part[i] "'; expected one of " names)
    }
}

# Whether a column has several values in rows that agree in the others.
function varies(c, others,    r, key, first) {
    if (distinct(c) < 2) return 0
    for (r = 1; r <= rows; r++) {
        key = key_of(r, others)
        if (key in first && first[key] != at(r, c)) return 1
        first[key] = at(r, c)
    }
    return 0
}

# The parameter that differs between most kernels that agree in all else; empty
# if fewer than three do.
function kernel_parameter(    r, text, i, count, part, rest, seen, most, best, \
                              best_name) {
    for (r = 1; r <= rows; r++) {
        text = at(r, "kernel")
        if (text in seen) continue
        seen[text] = 1
        count = split(text, part, ":")
        for (i = 2; i <= count; i++) {
            if (!is_number(substr(part[i], index(part[i], "=") + 1))) continue
            rest = text
            sub("=[^:]*", "=", part[i])
            sub(":" part[i] "[^:]*", "", rest)
            if (++most[part[i] rest] > best) {
                best = most[part[i] rest]
                best_name = substr(part[i], 1, length(part[i]) - 1)
            }
        }
    }
    return best > 2 ? best_name : ""
}

END {
    if (done) exit 0
    if (x y map == "" && !is_known()) none("")
    if (by != "" && by != "column") check(by)
    if (y != "") check(y, 1)
    if (x != "" && !is_parameter(x)) check(x, 2)
    if (map != "") {
        check(map, 1)
        y = map
        draw("map", "head", map)
    }
    if (x == "") choose_by_columns()
    same = "kernel,layer,head,source,matrix,causal,rule,config," \
        "reference,layer_b,head_b,source_b" \
        (method_is_result() ? "" : ",method")
    if (x != "") draw("curves", x, usual(), axes_of(x))
    choose_by_values()
}

# Whether kernels of the table have a parameter of this name.
function is_parameter(name,    r) {
    for (r = 1; r <= rows; r++)
        if (index(at(r, "kernel"), ":" name "=")) return 1
    return 0
}

# The horizontal axes that are logarithmic.
function axes_of(x) {
    return x ~ /^(tau|n|d|length|keys_low)$/ || is_parameter(x) ? "x" : ""
}

# Tables that only one option prints.
function choose_by_columns() {
    if ("re" in column && "im" in column && "modulus" in column && y == "")
        draw("eigenvalues", "re", "im")
    if ("modulus" in column && "rank" in column)
        draw("curves", "rank", usual(), "y")
    if ("a" in column && "b" in column && "point" in column)
        draw("landscape", "a", "relative_error,entropy_gap_nats," \
            "total_variation,kl_nats,fp16_overflow,fp16_shifted_flushed")
    if ("layer_b" in column || "head_b" in column)
        draw("map", "head_b", usual())
    if ("density" in column && "z_low" in column) {
        style = "steps"
        draw("curves", "z_low", "density")
    }
    if ("normal_quantile" in column) {
        style = "points"
        draw("curves", "normal_quantile", "quantile")
    }
    if ("keys_low" in column)
        draw("curves", "keys_low", fractions(), axes_of("keys_low"))
    if (("share_ceiling_1" in column || "share_largest_1" in column) && \
        y == "")
        draw("fractions", "", "entropy_over_ceiling")
    if ("entropy_normalized_q10" in column)
        draw("dots", "", "entropy_normalized_median")
    if ("exact_variance" in column) {
        if (by == "") by = "column"
        draw("curves", "s2", "exact_variance,fenton_variance," \
            "log_variance_row,fenton_row_variance,paper_line", "xy")
    }
    if ("sigma" in column && "rank" in column)
        draw("curves", "rank", "sigma,centered_sigma", "y")
    if ("step" in column && distinct("step") > 1)
        draw("curves", "step", usual())
    if ("length" in column) draw("curves", "length", usual(), axes_of("length"))
    if ("position_max" in column) draw("curves", "position_max", usual())
    if ("query" in column) {
        style = "points"
        draw("curves", "query", usual())
    }
    if ("feature" in column) {
        style = "points"
        draw("curves", "feature", usual())
    }
}

function fractions(    i, list) {
    for (i = 1; i <= columns; i++)
        if (name[i] ~ /^k[0-9]/ && name[i] !~ /_/)
            list = list (list == "" ? "" : ",") name[i]
    return list
}

# Tables of heads: what varies decides.
function choose_by_values(    parameter) {
    if (varies("tau", same))
        draw("curves", "tau", usual(), "target" in column ? "xy" : "x")
    if (varies("n", same)) draw("curves", "n", usual(), axes_of("n"))
    if (varies("d", same)) draw("curves", "d", usual(), axes_of("d"))
    parameter = kernel_parameter()
    if (parameter != "")
        draw("curves", parameter, usual(), axes_of(parameter))
    if (distinct("layer") > 1 && !has_numbers("head"))
        draw("curves", "layer", usual())
    if (distinct("layer") > 1 && distinct("head") > 1 && \
        !("reference" in column) && !("target" in column))
        draw("map", "head", usual())
    draw("dots", "", usual())
}
