/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For kernels that compute products in float64 only. */
#ifndef LLN_KERNEL_PRODUCT_F64_H
#define LLN_KERNEL_PRODUCT_F64_H

#include "core/matrix.h"

/* Computes y = a product with x [. x columns], in float64. */
typedef lln_status lln_product_f64(const void *context, const double *x,
                                   size_t columns, double *y);

/* y [rows x x.columns], in the precision of x, by a product in float64. If x is
 * float32, it is converted, and y is rounded. LLN_ENOMEM, and the status of the
 * product. */
LLN_NODISCARD lln_status lln_product_in_f64(lln_product_f64 *multiply,
                                            const void *context, lln_matrix x,
                                            size_t rows, void *y);

#endif
