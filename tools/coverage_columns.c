/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coverage_columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "selection.h"

coverage_options coverage_asked = {"0.5,0.9,0.95,0.99", "1,4,16,64", 64};

static lln_coverage_plan asked;
static char names[LLN_COVERAGE_MOST][32]; /* k50, k90 ... */

static lln_number_list read_list(const char *option, const char *text)
{
    lln_number_list list = number_list_read(option, text);
    if (list.count > LLN_COVERAGE_MOST)
        cli_usage("--%s: %zu numbers; expected at most %d", option, list.count,
                  LLN_COVERAGE_MOST);
    return list;
}

/* The name of the column of p: 100 p, with _ for the decimal point. */
static void name_share(double p, char *name, size_t size)
{
    snprintf(name, size, "k%.10g", 100 * p);
    char *point = strchr(name, '.');
    if (point)
        *point = '_';
}

static void read_shares(void)
{
    lln_number_list list = read_list("coverage", coverage_asked.shares);
    for (size_t i = 0; i < list.count; i++) {
        double p = list.values[i];
        if (!(p >= 1e-6 && p <= 1 - 1e-6))
            cli_usage("--coverage: %.10g is out of range; expected fractions "
                      "of a row from 0.000001 to 0.999999, such as 0.5,0.9",
                      p);
        name_share(p, names[i], sizeof names[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                cli_usage("--coverage: %.10g is given twice", p);
        asked.share[asked.shares++] = p;
    }
    free(list.values);
}

static void read_tops(void)
{
    lln_number_list list = read_list("recall", coverage_asked.tops);
    for (size_t i = 0; i < list.count; i++) {
        double k = list.values[i];
        if (!(k >= 1 && k <= 1e9 && k == floor(k)))
            cli_usage("--recall: %.10g is not a whole number from 1 to "
                      "1000000000",
                      k);
        for (size_t j = 0; j < i; j++)
            if ((size_t)k == asked.top[j])
                cli_usage("--recall: %.10g is given twice", k);
        asked.top[asked.tops++] = (size_t)k;
    }
    free(list.values);
}

void coverage_read(void)
{
    read_shares();
    read_tops();
    asked.gini = true;
}

const lln_coverage_plan *coverage_plan(void)
{
    return &asked;
}

const char *coverage_name(size_t i)
{
    return names[i];
}

bool coverage_has_brackets(void)
{
    return cli_given("coverage-memory");
}

/* Appends a column to a table. */
static void append(record_column *columns, const char *name, const char *suffix,
                   size_t offset, const char *option, unsigned pass)
{
    char text[64];
    while (columns->name)
        columns++;
    snprintf(text, sizeof text, "%.31s%s", name, suffix);
    *columns = (record_column){.name = cli_copy(text),
                               .type = LLN_CELL_REAL,
                               .offset = offset,
                               .group = option && cli_given(option)
                                            ? COLUMNS_SHOWN(COVERAGE_GROUP)
                                            : COVERAGE_GROUP,
                               .pass = pass};
}

static const char *name_of_top(size_t i, char *name, size_t size)
{
    snprintf(name, size, "recall_%zu", asked.top[i]);
    return name;
}

void coverage_add_columns(record_column *columns, size_t offset)
{
    char name[32];
    for (size_t i = 0; i < asked.shares; i++) {
        size_t at = offset + offsetof(lln_coverage_summary, keys) +
                    i * sizeof(lln_coverage_keys);
        append(columns, names[i], "", at + offsetof(lln_coverage_keys, mean),
               "coverage", PASS_COVERAGE_KEYS);
        append(columns, names[i], "_median",
               at + offsetof(lln_coverage_keys, median), "coverage",
               PASS_COVERAGE_KEYS);
        append(columns, names[i], "_max", at + offsetof(lln_coverage_keys, max),
               "coverage", PASS_COVERAGE_KEYS);
        append(columns, names[i], "_share",
               at + offsetof(lln_coverage_keys, share), "coverage",
               PASS_COVERAGE_KEYS);
    }
    for (size_t i = 0; i < asked.tops; i++) {
        size_t at = offset + offsetof(lln_coverage_summary, recall) +
                    i * sizeof(lln_coverage_recall);
        name_of_top(i, name, sizeof name);
        append(columns, name, "", at + offsetof(lln_coverage_recall, mean),
               "recall", PASS_COVERAGE_RECALL);
        append(columns, name, "_min", at + offsetof(lln_coverage_recall, min),
               "recall", PASS_COVERAGE_RECALL);
    }
    append(columns, "gini", "", offset + offsetof(lln_coverage_summary, gini),
           NULL, PASS_COVERAGE_GINI);
}

void coverage_add_row_columns(record_column *columns, size_t offset)
{
    char name[32];
    const size_t size = sizeof(double);
    for (size_t i = 0; i < asked.shares; i++, offset += size)
        append(columns, names[i], "", offset, "coverage", PASS_COVERAGE_KEYS);
    for (size_t i = 0; i < asked.tops; i++, offset += size)
        append(columns, name_of_top(i, name, sizeof name), "", offset, "recall",
               PASS_COVERAGE_RECALL);
    append(columns, "gini", "", offset, NULL, PASS_COVERAGE_GINI);
}

size_t coverage_values(void)
{
    return lln_coverage_size(&asked);
}

/* What the passes ask for. */
static lln_coverage_plan plan_of(unsigned passes)
{
    lln_coverage_plan plan = asked;
    if (!(passes & PASS_COVERAGE_KEYS))
        plan.shares = 0;
    if (!(passes & PASS_COVERAGE_RECALL))
        plan.tops = 0;
    plan.gini = passes & PASS_COVERAGE_GINI;
    return plan;
}

lln_status coverage_measure(const run_case *c, lln_attention *attention,
                            const lln_panel_visitor *others, size_t other_count,
                            unsigned what, size_t count, lln_row *rows,
                            lln_coverage **coverage)
{
    *coverage = NULL;
    if (!(c->passes & PASS_COVERAGE))
        return lln_panels_measure(attention, c->rows, count, what, others,
                                  other_count, rows);
    const lln_coverage_plan plan = plan_of(c->passes);
    LLN_TRY(lln_coverage_open(&plan, attention->m, count, coverage));
    lln_status status = lln_coverage_measure(
        attention, c->rows, count, coverage_asked.memory << 20, what, others,
        other_count, rows, *coverage);
    if (status != LLN_OK) {
        lln_coverage_close(*coverage);
        *coverage = NULL;
    }
    return status;
}

/* Moves the values that the plan measures to their places among all. */
static void place_values(const lln_coverage_plan *plan, const double *values,
                         double *out)
{
    memcpy(out, values, plan->shares * sizeof *out);
    values += plan->shares;
    out += asked.shares;
    memcpy(out, values, plan->tops * sizeof *out);
    if (plan->gini)
        out[asked.tops] = values[plan->tops];
}

void coverage_fill_row(const run_case *c, const lln_coverage *coverage,
                       size_t index, double *out, double *error)
{
    const lln_coverage_plan plan = plan_of(c->passes);
    if (!coverage)
        return;
    place_values(&plan, lln_coverage_of_row(coverage, index), out);
    place_values(&plan, lln_coverage_half(coverage, index), error);
}
