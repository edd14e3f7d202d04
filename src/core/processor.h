/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The processor for which OpenBLAS chose its matrix products. A processor that
 * is newer than the library may not be recognised; OpenBLAS then uses
 * instructions of 2004, which take 2 to 3 times as long. */
#ifndef LLN_CORE_PROCESSOR_H
#define LLN_CORE_PROCESSOR_H

#include <stdbool.h>

/* The value of OPENBLAS_CORETYPE with which matrix products are faster than
 * with `used`, if the processor has these instructions; NULL: `used` is good.
 * It is Haswell for AVX2 with FMA, and SkylakeX for AVX-512. */
const char *lln_processor_core_for(const char *used, bool avx2, bool avx512);

/* The same for this processor and the core that OpenBLAS uses in this process.
 * NULL on other processors than x86-64. */
const char *lln_processor_better_core(void);

#endif
