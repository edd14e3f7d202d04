/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in tile_sums.inc, once for both precisions. */
#include "measure/tile_sums.h"

#include "core/vector_math.h"

/* LLN_DOMAIN_LINEAR scores are positive normal numbers, so a simpler logarithm
 * is enough. */
#define LLN_BODY "measure/tile_sums.inc"
#include "core/both_precisions.h"
