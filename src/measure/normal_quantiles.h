/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Quantiles of the standard normal distribution at equidistant probabilities,
 * many at a time. Example: n = 4: -1.150, -0.319, 0.319, 1.150. */
#ifndef LLN_MEASURE_NORMAL_QUANTILES_H
#define LLN_MEASURE_NORMAL_QUANTILES_H

#include <stddef.h>

/* q[count]: Phi^-1((i + 1/2) / n) for i = first .. first + count - 1 < n, n up
 * to 1e10. Relative error below 5e-15. Source: Wichura, Applied Statistics 37
 * (1988), AS 241, PPND16. */
void lln_normal_quantiles(double n, size_t first, size_t count, double *q);

#endif
