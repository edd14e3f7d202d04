/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The spectrum of a P of low rank, from its factors. */
#ifndef LLN_MEASURE_SPECTRUM_LOWRANK_H
#define LLN_MEASURE_SPECTRUM_LOWRANK_H

#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_lowrank;

#endif
