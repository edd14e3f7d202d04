/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Krylov methods on products with P. */
#ifndef LLN_MEASURE_SPECTRUM_ARNOLDI_H
#define LLN_MEASURE_SPECTRUM_ARNOLDI_H

#include "measure/operator.h"
#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_arnoldi;

/* unbiased_norm and centered_sigma1 from products with P. LLN_ENOCONV. */
LLN_NODISCARD lln_status lln_spectrum_norms(lln_operator *op,
                                            lln_spectrum *out);

#endif
