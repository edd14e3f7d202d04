/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streaming pass of rows.h, which also passes on each row without each
 * group of tokens. */
#ifndef LLN_MEASURE_ROWS_LEFT_OUT_H
#define LLN_MEASURE_ROWS_LEFT_OUT_H

#include "measure/jackknife_row.h"
#include "measure/rows.h"

/* What receives each row without each group of tokens. */
typedef struct {
    const lln_jackknife *groups;
    /* Called before the rows, with the number of blocks that they form; it does
     * not depend on the number of threads. */
    lln_status (*begin)(void *context, size_t blocks);
    /* Called when a row is complete, with its query. Several threads call it at
     * once, for different blocks; the rows of a block come in order. */
    void (*take)(void *context, size_t block, size_t query, const lln_row *row,
                 const lln_left_out *left_out);
    void *context;
} lln_rows_left_out;

/* lln_rows_measure, or lln_rows_visit unless `visit` is NULL, of all rows, in
 * the same pass as the rows without each group; NULL: no groups. `out` is the
 * same in both cases, bit by bit. LLN_EINVAL: attention by rows with groups. */
LLN_NODISCARD lln_status lln_rows_leave_out(lln_attention *attention,
                                            unsigned what, lln_row_visit *visit,
                                            void *context,
                                            const lln_rows_left_out *left_out,
                                            lln_row *out);

#endif
