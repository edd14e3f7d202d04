/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in tile_sums.inc, once for both precisions. */
#include "measure/tile_sums.h"

#include "core/vector_math.h"

/* LLN_DOMAIN_LINEAR scores are positive normal numbers, so a simpler logarithm
 * is enough. */
#define LLN_BODY "measure/tile_sums.inc"
#include "core/both_precisions.h"

size_t lln_tile_drop_hidden(lln_precision precision, void *scores, size_t count)
{
    return precision == LLN_FLOAT32 ? drop_hidden_f32(scores, count)
                                    : drop_hidden_f64(scores, count);
}
