/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The spectrum of a triangular P: its diagonal. */
#ifndef LLN_MEASURE_SPECTRUM_DIAGONAL_H
#define LLN_MEASURE_SPECTRUM_DIAGONAL_H

#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_diagonal;

#endif
