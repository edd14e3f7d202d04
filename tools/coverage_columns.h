/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The group coverage of lln-entropy: columns whose names and number follow from
 * the options --coverage and --recall, of heads and of rows. */
#ifndef LLN_TOOLS_COVERAGE_COLUMNS_H
#define LLN_TOOLS_COVERAGE_COLUMNS_H

#include "cli.h"
#include "measure/coverage.h"
#include "plan.h"

/* Passes in the bits of the tool's columns. */
#define PASS_COVERAGE_KEYS (1u << 16)
#define PASS_COVERAGE_RECALL (1u << 17)
#define PASS_COVERAGE_GINI (1u << 18)
#define PASS_COVERAGE                                                          \
    (PASS_COVERAGE_KEYS | PASS_COVERAGE_RECALL | PASS_COVERAGE_GINI)

#define COVERAGE_GROUP "coverage"

/* The texts of the options; set by them. */
typedef struct {
    const char *shares, *tops;
    size_t memory; /* MiB of the weights of a row */
} coverage_options;
extern coverage_options coverage_asked;

/* The most MiB of --coverage-memory; they fit in size_t as bytes. */
enum { COVERAGE_MEMORY = 1 << 20 };

#define COVERAGE_OPTION_NAMES "coverage", "recall", "coverage-memory"

/* The rows of the options in the table of a tool. */
#define COVERAGE_OPTIONS                                                       \
    {"coverage",                                                               \
     0,                                                                        \
     CLI_LIST,                                                                 \
     "LIST",                                                                   \
     "fractions p of a row; columns k50 ... count the keys that hold them "    \
     "(0.5,0.9,0.95,0.99)",                                                    \
     &coverage_asked.shares,                                                   \
     0,                                                                        \
     0,                                                                        \
     false},                                                                   \
        {"recall",                                                             \
         0,                                                                    \
         CLI_LIST,                                                             \
         "LIST",                                                               \
         "numbers K of keys; columns recall_K show what the K largest "        \
         "entries "                                                            \
         "of a row hold (1,4,16,64)",                                          \
         &coverage_asked.tops,                                                 \
         0,                                                                    \
         0,                                                                    \
         false},                                                               \
    {                                                                          \
        "coverage-memory", 0, CLI_COUNT, "MIB",                                \
            "memory for a row of weights; longer rows are bracketed by a "     \
            "histogram, with errors (64)",                                     \
            &coverage_asked.memory, 0, COVERAGE_MEMORY, false                  \
    }

/* The most columns that are added to a table. */
enum { COVERAGE_COLUMNS = 6 * LLN_COVERAGE_MOST + 1 };

/* Reads the options. Ends the process on bad usage. Call it once, before the
 * functions below. */
void coverage_read(void);

/* Append the columns of an lln_coverage_summary at `offset` in the record, or
 * those of the coverage_values() values of a row, to columns, which has room
 * for COVERAGE_COLUMNS more. They are among the default ones if their option
 * was given. */
void coverage_add_columns(record_column *columns, size_t offset);
void coverage_add_row_columns(record_column *columns, size_t offset);

/* The number of values of a row: K_p, R_k and Gini in the order of the
 * columns. */
size_t coverage_values(void);

/* Whether brackets may be printed: their widths are standard errors. */
bool coverage_has_brackets(void);

/* Measures the rows of the case: their statistics that `what` asks for, as
 * lln_rows_measure, what its passes ask for, and what other visitors measure
 * (lln_coverage_measure). rows [count] or NULL; *coverage is NULL if the passes
 * ask for none. Release it with lln_coverage_close. */
LLN_NODISCARD lln_status coverage_measure(const run_case *c,
                                          lln_attention *attention,
                                          const lln_panel_visitor *others,
                                          size_t other_count, unsigned what,
                                          size_t count, lln_row *rows,
                                          lln_coverage **coverage);

/* Sets the values of row `index`, and half the widths of their brackets;
 * coverage may be NULL. */
void coverage_fill_row(const run_case *c, const lln_coverage *coverage,
                       size_t index, double *out, double *error);

/* What the options ask for, all of it: for tables of their own. */
const lln_coverage_plan *coverage_plan(void);

/* The name of the column of share i. */
const char *coverage_name(size_t i);

#endif
