/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop that all measuring commands share: every head x temperature x
 * kernel, one tidy row each, trials averaged. */
#ifndef LLN_TOOLS_RUN_H
#define LLN_TOOLS_RUN_H

#include "cli.h"
#include "heads/heads.h"
#include "kernel/table.h"
#include "table/table.h"

/* Values of the options that all tools share, and their table. Sampled heads
 * when no file is named. */
typedef struct {
    /* sampled heads */
    size_t tokens, dim, trials, seed;
    double sigma_q, sigma_k;
    /* files */
    const char *file; /* holds all; else q, k and v do */
    const char *q, *k, *v;
    const char *key_q, *key_k, *key_v;
    const char *layout, *layers, *heads, *lengths;
    bool values; /* wanted, set by a tool that uses them */
    bool list;
    /* attention */
    const char *tau, *kernels, *params;
    const char *arrays, *gate; /* of kernels, FILE[:KEY] */
    const char *aggregate;     /* NULL: a row for each head */
    const char *fail_below, *fail_above;
    bool causal;
    size_t window; /* 0: none */
    double scale;  /* NaN: 1/sqrt(d) */
    /* output */
    const char *output, *format;
    size_t precision, threads, rows; /* rows = 0: all */
    bool no_header, comments, use_double, each, quiet, list_kernels;
} run_options;

extern run_options run_shared;                /* set to the defaults */
extern const cli_option run_shared_options[]; /* fills run_shared */

/* One head at one temperature, open for measuring. */
typedef struct {
    const lln_head *head;
    const lln_kernel_choice *kernel;    /* alpha and beta resolved; NULL if the
                                           plan is plain */
    const lln_kernel_choice *reference; /* likewise; NULL: the plan has none */
    double tau; /* asked for, or the head's own; NaN: it has none */
    bool sampled;
    double sigma_q, sigma_k; /* of the model if sampled, else measured */
    const size_t *rows;      /* to be measured, [row_count]; NULL: all */
    size_t row_count;
} run_case;

/* What one case yields: `rows` rows of the tool's own columns. Trials and heads
 * are averaged cell by cell over real columns (the first one's integers are
 * kept, and text that is the same in all), which needs the same number of rows
 * from each. Text must live until the process ends. */
typedef struct {
    const lln_column *types; /* [columns] */
    size_t rows, columns;
    lln_cell *cells; /* [rows x columns], owned */
    double *errors;  /* [rows x columns], owned: standard errors of cells that
                        were estimated from some rows; else NaN */
} run_block;

/* Gives the block that many rows (0: the case gets none), all cells missing. A
 * measure that yields one row need not call it. LLN_ENOMEM. */
LLN_NODISCARD lln_status run_block_resize(run_block *block, size_t rows);

void run_block_free(run_block *block);

/* Measures one case into the block, which has one row of missing cells. Called
 * by several threads at once.
 * LLN_EUNDEFINED: what was not written stays missing, the row is printed;
 * LLN_EINTERRUPTED: the case is left out and the command ends. */
typedef lln_status run_measure(const run_case *c, run_block *block);

/* Makes the one row of a table, in `block`, from those of the heads that it is
 * about, one row a head of the plan's measured columns. */
typedef lln_status run_reduce(const run_block *heads, run_block *block);

typedef struct {
    const lln_column *columns; /* after the identity; ended by name NULL */
    run_measure *measure;
    /* One row for all heads of a source or, if --aggregate says so, of a layer;
     * NULL: none. */
    run_reduce *reduce;
    const lln_column *measured; /* with reduce: the columns that `measure`
                                   fills; else those of the table */
    bool per_trial;             /* never average over trials */
    bool plain;      /* the measure takes the head itself: one case a head and
                        temperature, no --kernel (lln-match, --inputs) */
    bool takes_rows; /* the measure heeds run_case.rows; else --rows is bad
                        usage */
    bool in_turn;    /* the measure leaves much to ARPACK */
    bool timed;      /* the measure looks at the clock: cases stand alone */
    const char *reference; /* text of a kernel that all are compared with;
                              NULL: none */
    bool unlabelled;    /* there is no table: tau and deviations of a case are
                           missing where nothing needs them */
    const char *kernel; /* plain: text of the kernel column; NULL: missing */
} run_plan;

/* Parses the command line and checks the shared options against each other;
 * answers --list-kernels. Ends the process on bad usage. Between this and
 * run_plan_write a tool checks its own options and picks its plan. */
void run_parse(const cli_tool *tool, int argc, char **argv);

/* Runs the plan over everything the shared options ask for, small heads on
 * several threads at once, and writes the table: identity columns
 * source,layer,head,kernel,n,d,causal,trials,tau, then the plan's, then a
 * <column>_se for each real column when trials are averaged (their standard
 * error) or rows drawn (what the measure says). Rows are ordered by head,
 * temperature, kernel. Ends the process on bad usage and on failure; returns
 * the exit status for main, CLI_ASSERTION when the table is complete and a
 * row is beyond a bound. When the user interrupts, the rows of finished cases
 * are written and the status is CLI_FAILED. */
int run_plan_write(const run_plan *plan);

/* For tables that are not about heads: a table with these columns alone, ended
 * by name NULL, on the output and in the form that the shared options ask
 * for. Rows go in by lln_table_row and cli_check_output; closing returns the
 * exit status for main. Closing early, when the user interrupts, keeps the rows
 * that are written and says how many of all they are. */
lln_table *run_table_open(const lln_column *columns);
int run_table_close(lln_table *table);
int run_table_close_early(lln_table *table, size_t written, size_t total);

/* A layer or head number as the tables have it: NaN for -1, none. */
double run_index(long index);

/* Writes "layer 2, head 3, " for a message; NaN: left out. Numbers are those
 * of a table, below 1e30. */
enum { RUN_PLACE = 96 };
void run_place(double layer, double head, char out[RUN_PLACE]);

#endif
