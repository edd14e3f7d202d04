/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loops that are written once for float and double, in a file of their own:
 *     #define LLN_BODY "kernel/product.inc"
 *     #include "core/both_precisions.h"
 * includes it twice. In it REAL is float, then double; NAME(f) is f_f32, then
 * f_f64; REAL_MIN is the smallest normal number; GEMM and GEMV are products of
 * CBLAS, of matrices and of a matrix and a vector. No include guard: it may be
 * included for several bodies. */
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
