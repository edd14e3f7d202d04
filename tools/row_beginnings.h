/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of the beginnings of a text from one pass over the whole. */
#ifndef LLN_TOOLS_ROW_BEGINNINGS_H
#define LLN_TOOLS_ROW_BEGINNINGS_H

#include "heads/beginning.h"
#include "row_means.h"

typedef struct {
    const row_source *rows;
    const lln_beginning *at; /* [count] */
    const size_t *taken;     /* [count]: how many of run_case.rows, or of all,
                                are in each */
    size_t count;
} beginning_rows;

/* Receives the rows for beginning t, without columns that have a pass. */
typedef lln_status row_take(void *context, size_t t, run_block *each);

/* Measures the beginnings of the head of a case and passes the rows of each in
 * turn to `take`. *possible: whether entries of the kernel do not depend on
 * other tokens, and it has scores; otherwise nothing is done. The statuses of
 * lln_kernel_open, lln_beginnings_measure and take. */
LLN_NODISCARD lln_status row_beginnings_measure(const run_case *c,
                                                const beginning_rows *of,
                                                row_take *take, void *context,
                                                bool *possible);

#endif
