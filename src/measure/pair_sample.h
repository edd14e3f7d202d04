/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A few rows of one head, kept so that it can be compared with many others.
 * Example: rows 3, 40 and 77 of 12 heads give the distances of 66 pairs, while
 * the scores of each head are computed once. */
#ifndef LLN_MEASURE_PAIR_SAMPLE_H
#define LLN_MEASURE_PAIR_SAMPLE_H

#include "kernel/attention.h"

typedef struct lln_pair_sample lln_pair_sample;

/* Keeps rows queries[count] (NULL: all n, and count = n), up to LLN_TILE_ROWS:
 * their scores in the precision of the attention or, for attention by rows,
 * their entries in float64. Memory: the keys that the rows may see. Release it
 * by lln_pair_sample_close, after failures too. LLN_EINVAL: count = 0 or too
 * large; LLN_ENOMEM, and the statuses of lln_attention_rows. */
LLN_NODISCARD lln_status lln_pair_sample_open(lln_attention *attention,
                                              const size_t *queries,
                                              size_t count,
                                              lln_pair_sample **out);
void lln_pair_sample_close(lln_pair_sample *sample);

/* The field js of lln_pair for the same rows of two heads [nats]: to the last
 * digit if both are computed by tiles in one precision or both by rows, else to
 * float32 rounding. INFINITY: it is larger than `most`, and not all rows were
 * compared. NaN: no row has a value, or the heads differ in their numbers of
 * queries, of keys or of rows. Several threads may use the same samples.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_pair_sample_js(const lln_pair_sample *p,
                                            const lln_pair_sample *r,
                                            double most, double *js);

#endif
