/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a command measures: its columns, and how it fills them. */
#ifndef LLN_TOOLS_PLAN_H
#define LLN_TOOLS_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "block.h"
#include "heads/heads.h"
#include "kernel/table/table.h"

/* What model.c keeps from one case to the next; no result depends on it. */
typedef struct model_cache model_cache;

/* One head at one temperature, open for measuring. */
typedef struct {
    const lln_head *head; /* under the parts of its rule that the kernel
                             supports */
    const lln_kernel_choice *kernel;    /* alpha and beta resolved; NULL if the
                                           plan measures heads */
    const lln_kernel_choice *reference; /* likewise; NULL: the plan has none */
    const lln_head *reference_head;     /* under what the reference supports */
    double tau; /* asked for, or the head's own; NaN: it has none, or
                   PASS_TEMPERATURE does not ask for it */
    bool sampled;
    double sigma_q, sigma_k; /* of the model if sampled, else measured; NaN:
                                PASS_DEVIATIONS does not ask for them */
    const size_t *rows;      /* to be measured, [row_count]; NULL: all */
    size_t row_count;
    unsigned passes;    /* what columns that are printed or have bounds need,
                           in the bits of the plan's columns */
    model_cache *cache; /* of no other case meanwhile */
} run_case;

/* Measures one case into the block, which has one row of missing cells;
 * `context` is that of the plan. Called by several threads at once.
 * LLN_EUNDEFINED: what was not written stays missing, the row is printed;
 * LLN_EINTERRUPTED: the case is left out and the command ends. */
typedef lln_status run_measure(const run_case *c, const void *context,
                               run_block *block);

/* Gives the block of a case its rows, and what is known of them before it is
 * measured: the rows of a head that cannot be measured. */
typedef lln_status run_start(run_block *block);

/* Makes the one row of a table, in `block`, from those of the heads that it is
 * about, one row a head of the plan's measured columns. */
typedef lln_status run_reduce(const run_block *heads, const void *context,
                              run_block *block);

typedef struct {
    record_type table; /* the columns after the identity */
    run_measure *measure;
    run_start *start; /* NULL: a case has one row */
    /* One row for all heads of a source or, if --aggregate says so, of a layer;
     * NULL: none. */
    run_reduce *reduce;
    const void *context;   /* handed to both; NULL: they need none */
    record_type measured;  /* with reduce: what `measure` fills; else
                              that of the table */
    const char *reference; /* text of a kernel that all are compared with;
                              NULL: none */
    const char *kernel;    /* text of the kernel column if the plan measures
                              heads; NULL: missing */

    /* Facts about the measure and its rows. */
    bool measures_head; /* it takes the head itself, and no --kernel: one
                           case a head and temperature */
    bool measures_sampled_rows;   /* it can measure run_case.rows alone; else
                                     --rows is bad usage */
    bool measures_time;           /* cases must run one after another */
    bool mostly_serial;           /* a head keeps one thread busy, not more */
    bool has_many_rows;           /* a case and kernel may have several */
    bool rows_depend_on_head;     /* how many a case has: none if the head
                                     cannot be measured */
    bool rows_are_never_averaged; /* over trials, draws or heads: they are
                                     parts of one head */
    bool has_one_temperature;     /* more in --tau is bad usage */
} run_plan;

#endif
