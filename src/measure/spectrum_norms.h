/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Norms of P~ from products with P. */
#ifndef LLN_MEASURE_SPECTRUM_NORMS_H
#define LLN_MEASURE_SPECTRUM_NORMS_H

#include "measure/operator.h"
#include "measure/spectrum.h"

/* unbiased_norm and centered_sigma1. LLN_ENOCONV; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_spectrum_norms(lln_operator *op,
                                            lln_spectrum *out);

#endif
