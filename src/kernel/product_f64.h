/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For kernels that take their products in float64 only. */
#ifndef LLN_KERNEL_PRODUCT_F64_H
#define LLN_KERNEL_PRODUCT_F64_H

#include "core/matrix.h"

/* y = a product with x [.. x columns], in float64. */
typedef lln_status lln_product_f64(const void *context, const double *x,
                                   size_t columns, double *y);

/* y [rows x x.columns] in the precision of x by a product in float64; x is
 * copied, and y rounded, if it is in float32. LLN_ENOMEM, and what the product
 * returns. */
LLN_NODISCARD lln_status lln_product_in_f64(lln_product_f64 *multiply,
                                            const void *context, lln_matrix x,
                                            size_t rows, void *y);

#endif
