/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Krylov methods on products with P. */
#ifndef LLN_MEASURE_SPECTRUM_ARNOLDI_H
#define LLN_MEASURE_SPECTRUM_ARNOLDI_H

#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_arnoldi;

#endif
