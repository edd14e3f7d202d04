/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching as the published code does it: one alpha and one beta for all batch
 * entries and heads of a layer. */
#ifndef LLN_MATCH_LAYER_H
#define LLN_MATCH_LAYER_H

#include "heads/heads.h"

/* Standard deviations of all queries and of all keys of each layer of each
 * model of a set. */
typedef struct lln_layer_spreads lln_layer_spreads;

/* Computes them over the heads of the set at temperature tau (NaN: the heads'
 * own), in `precision`. Sampled heads form one layer. Each head is loaded once.
 * Heads that cannot be given the temperature are left out. LLN_ENOMEM,
 * LLN_EINTERRUPTED and the statuses of loading. */
LLN_NODISCARD lln_status lln_layer_open(const lln_heads *heads, double tau,
                                        lln_precision precision,
                                        lln_layer_spreads **spreads);

/* Alpha and beta for the layer and model of this head; nothing else of the head
 * is read. Computed as by lln_match_solve with the method paper, from sigma_q
 * and sigma_k over the entries of all heads of the layer together (divisor:
 * number of entries - 1). A key head that several query heads share counts once
 * for each of them. LLN_EUNDEFINED: queries or keys are constant; LLN_EINVAL:
 * no such layer. Source: Nahshan, Kampeas, Haleva (2024), their code. */
LLN_NODISCARD lln_status lln_layer_match(const lln_layer_spreads *spreads,
                                         const lln_head *head, double *alpha,
                                         double *beta);

/* NULL is legal. */
void lln_layer_free(lln_layer_spreads *spreads);

#endif
