/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compiles loops twice, for float and for double. The loops are in a file of
 * their own:
 *     #define LLN_BODY "kernel/product.inc"
 *     #include "core/both_precisions.h"
 * In that file REAL is float, then double; NAME(f) is f_f32, then f_f64;
 * REAL_MIN is the smallest normal number; GEMM and GEMV are the matrix product
 * and the matrix-vector product of CBLAS. There is no include guard: several
 * bodies may be included. */
#include <float.h>

#define REAL float
#define REAL_MIN FLT_MIN
#define NAME(name) name##_f32
#define GEMM cblas_sgemm
#define GEMV cblas_sgemv
#include LLN_BODY
#undef REAL
#undef REAL_MIN
#undef NAME
#undef GEMM
#undef GEMV

#define REAL double
#define REAL_MIN DBL_MIN
#define NAME(name) name##_f64
#define GEMM cblas_dgemm
#define GEMV cblas_dgemv
#include LLN_BODY
#undef REAL
#undef REAL_MIN
#undef NAME
#undef GEMM
#undef GEMV

#undef LLN_BODY
