/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a command measures: its columns, and how it fills them. */
#ifndef LLN_TOOLS_PLAN_H
#define LLN_TOOLS_PLAN_H

#include "block.h"
#include "heads/heads.h"
#include "kernel/kernel.h"

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
    bool one_temperature;       /* there is room for one: more in --tau is bad
                                   usage */
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

#endif
