/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plan of a command: its columns, and how they are filled. */
#ifndef LLN_TOOLS_PLAN_H
#define LLN_TOOLS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "block.h"
#include "heads/heads.h"
#include "identity.h"
#include "kernel/table/table.h"
#include "match/match.h"
#include "measure/pair.h"

/* Predictions that model.c keeps from one case to the next; results do not
 * depend on them. */
typedef struct model_cache model_cache;

/* One head at one temperature, ready to be measured. */
typedef struct run_case run_case;
struct run_case {
    const lln_head *head; /* with the parts of its rule that the kernel
                             supports */
    /* With alpha and beta. NULL: the plan measures heads, or has no
     * reference. */
    const lln_kernel_choice *kernel, *reference;
    const lln_match_method *match;  /* found alpha and beta of the kernel for
                                       this head alone; NULL: they are given */
    const lln_head *reference_head; /* with the parts the reference supports */
    double tau;       /* given, or the head's own; NaN: it has none, or
                         PASS_TEMPERATURE is not among the passes */
    double tau_given; /* NaN: the head keeps its own */
    bool sampled;
    double sigma_q, sigma_k; /* of the model if sampled, else measured; NaN:
                                PASS_SIGMAS is not among the passes */
    const size_t *rows;      /* rows to measure, [row_count]; NULL: all */
    size_t row_count;
    unsigned passes; /* passes for columns that are printed or have bounds, in
                        the bits of the plan's columns */
    model_cache *cache;    /* used by no other case at the same time */
    void **kept;           /* what the measure keeps for further kernels of this
                              head at this temperature; NULL at first, see
                              run_forget */
    const run_case *other; /* the head that it is compared with, with its own
                              kernel of the same text; NULL: none */
    size_t row;            /* of the block, for this comparison */
};

/* Measures one case into the block, which has one row of missing cells unless
 * the plan has `start`. `context` is that of the plan. Several threads call it
 * at once. LLN_EUNDEFINED: values that were not written stay missing, and the
 * row is printed. LLN_EINTERRUPTED: the case is left out, and the command
 * ends. */
typedef lln_status run_measure(const run_case *c, const void *context,
                               run_block *block);

/* Frees what the measure kept of a head. */
typedef void run_forget(void *kept);

/* Sets the rows of a block and the values that are known before measuring. A
 * head that cannot be measured keeps these rows, unless rows_depend_on_head. */
typedef lln_status run_start(run_block *block);

/* Stores in a record which head it compares with. */
typedef void run_name_other(const lln_head *other, void *record);

/* Compares each case of lists[0], which has the part of `head`, with each of
 * lists[1], which has the part of `other`; lists contain indices of cases
 * [count]. records, and errors unless NULL, are of the plan's type, [lists[0]
 * x lists[1]], and missing before. */
typedef lln_status run_measure_group(const run_case *cases, size_t count,
                                     const lln_pair_list lists[2],
                                     const void *context, void *records,
                                     void *errors);

/* Computes the one row of `block` from `heads`, which has one row of the plan's
 * measured columns for each head. */
typedef lln_status run_reduce(const run_block *heads, const void *context,
                              run_block *block);

/* Writes lines about a row, whose record has the type `table`, to `out`. */
typedef void run_show(FILE *out, const row_identity *identity,
                      const void *record);

typedef struct {
    const char *name;  /* in messages: the option that chooses the plan, such
                          as "--qq", or else the command */
    record_type table; /* the columns after the identity */
    run_measure *measure;
    run_forget *forget;         /* NULL: it keeps nothing */
    run_start *start;           /* NULL: a case has one row */
    run_name_other *name_other; /* with --against or --pairs: a case has one row
                                   for each head that it is compared with, and
                                   `measure` is called for each; NULL: the plan
                                   compares no heads */
    /* With name_other, if all heads that one is compared with are also compared
     * with each other: a faster way to the same values; NULL: there is none. */
    run_measure_group *measure_group;
    /* Makes one row for all heads of a source or, with --aggregate layer, of a
     * layer; NULL: one row for each head. */
    run_reduce *reduce;
    run_show *show; /* writes the rows if there is no --format; NULL: they are
                       always a table */
    const void *context;   /* passed to measure and reduce; may be NULL */
    record_type measured;  /* with reduce: the type that `measure` fills; else
                              that is `table` */
    const char *reference; /* text of the kernel that all are compared with;
                              NULL: none */
    const char *kernel;    /* text of the kernel column if the plan measures
                              heads; NULL: missing */

    /* Ends the process if it cannot measure a kernel of --kernel; NULL: it
     * measures all. */
    void (*check_kernel)(const lln_kernel_choice *kernel, const void *context);
    /* Ends the process if it cannot measure one of the heads; NULL: it measures
     * all. */
    void (*check_heads)(const lln_heads *heads);

    /* Properties of the measure and its rows. */
    bool measures_head; /* it measures the head itself and takes no --kernel:
                           one case for each head and temperature */
    bool measures_sampled_rows; /* it can measure only run_case.rows; otherwise
                                   --rows is bad usage */
    bool measures_one_of_two;   /* with name_other: also if one of the two heads
                                   has no kernel; run_case.kernel is NULL */
    bool measures_time;         /* cases must run one after another */
    bool draws_heads;           /* results depend on --seed */
    bool mostly_serial;         /* a head keeps only one thread busy */
    bool has_many_rows;         /* a case may have several rows for a kernel */
    bool rows_depend_on_head;   /* a head that cannot be measured has no rows */
    bool rows_are_never_averaged; /* rows are parts of one head */
    bool leaves_out_tokens; /* it stores standard errors of one head, which
                               need kernels with LLN_KERNEL_PAIRS */
    bool stores_errors; /* it stores errors of one head, also without --rows */
    bool needs_same_shape;    /* heads that it compares have as many queries and
                                 keys each */
    bool has_one_temperature; /* several values in --tau are bad usage */
} run_plan;

#endif
