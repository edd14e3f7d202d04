/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes a matrix of every head as arrays: O = P V, or another one. */
#ifndef LLN_TOOLS_ATTEND_H
#define LLN_TOOLS_ATTEND_H

#include <stdio.h>

#include "heads/results.h"
#include "plan.h"
#include "tensor/writer.h"

/* Computes O = P V of one case: out [n x columns of V], in the precision of
 * V. */
LLN_NODISCARD lln_status attend_multiply(const run_case *c, void *out);

/* Ends the process if an option is given that applies only to tables, or not to
 * these heads. */
void attend_check_options(void);

/* Opens a writer of arrays on `out`. Frees entries and keys, which are [count],
 * and each key. Ends the process on failure. */
lln_writer *attend_open_writer(FILE *out, lln_writer_format format,
                               lln_writer_entry *entries, char **keys,
                               size_t count);

/* Ends the work on arrays: prints the warnings, and ends the process if the
 * work has failed or a signal has stopped it. */
void attend_check(lln_status status);

/* The matrices to write, one for each head and kernel. */
typedef struct {
    const char *name;     /* that of run_plan */
    run_measure *measure; /* computes a matrix and gives it to attend_place with
                             its context */
    /* Changes the shape of an array; NULL: it has that of the queries, with the
     * features of the values. */
    lln_status (*shape)(const lln_heads *heads, lln_result *result);
} attend_matrices;

extern const attend_matrices attend_outputs; /* O */

/* Copies the matrix of a case to its place in the array, in the precision of
 * the array. context = NULL: nowhere. */
void attend_place(const void *context, lln_matrix matrix);

/* Computes the matrices of every head that the shared options ask for and
 * writes them to the output. Ends the process on bad usage and on failure;
 * returns the exit status for main. */
int attend_write(const attend_matrices *matrices);

#endif
