/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The spectrum of a P that is block-diagonal, by LAPACK on its blocks. */
#ifndef LLN_MEASURE_SPECTRUM_BLOCKS_H
#define LLN_MEASURE_SPECTRUM_BLOCKS_H

#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_blocks;

/* Order of the largest block that is decomposed for `count` eigenvalues; 0:
 * none is. */
size_t lln_spectrum_block_order(const lln_attention *attention, size_t count);

#endif
