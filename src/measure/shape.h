/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shape of the rows of P beyond their entropy, and the range of the logits.
 * Example: the row (1/4, 3/4), logits (0, ln 3): varentropy 3/16 ln(3)^2 =
 * 0.226, renyi2 -ln(5/8) = 0.470, logit_sd ln(3) / 2 = 0.549. */
#ifndef LLN_MEASURE_SHAPE_H
#define LLN_MEASURE_SHAPE_H

#include "measure/rows.h"

enum { LLN_SHAPE_CLIP = 100 };

/* With q_ij = P_ij / sum_j P_ij and H_i the entropy of q_i. Rows that see no
 * key have no value. The logits are those of all keys that the mask allows,
 * after scale, cap and bias; NaN for kernels whose scores have no absolute
 * scale. */
typedef struct {
    double varentropy; /* mean of sum_j q_ij (ln q_ij + H_i)^2, nats^2; NaN if
                          an entry of P is negative */
    double renyi2;     /* mean of -ln sum_j q_ij^2, nats; likewise */
    double min_logit;
    double logit_sd;       /* standard deviation about the mean of all logits,
                              divisor: their number */
    double logit_rms;      /* square root of the mean of their squares */
    double qk_clip_factor; /* min(1, T / largest logit); 1 if that is not
                              positive. Source: Kimi team (2025), Kimi K2:
                              weights of q and k are multiplied by its square
                              root */
} lln_shape;

/* The values of `count` rows that were measured with LLN_ROW_ENTROPY and
 * LLN_ROW_SHAPE; clip is T. `error`, unless NULL, receives the standard errors
 * of means over drawn rows (lln_rows_mean), else NaN. */
void lln_shape_summarise(const lln_attention *attention, const lln_row *rows,
                         size_t count, double clip, lln_shape *out,
                         lln_shape *error);

#endif
