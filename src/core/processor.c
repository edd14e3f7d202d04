/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/processor.h"

#include <cblas.h>
#include <stddef.h>
#include <string.h>

/* Cores of OpenBLAS without AVX2 and FMA that it chooses for a processor that
 * it does not recognise. */
static const char *const old_cores[] = {"Prescott", "Core2",       "Penryn",
                                        "Nehalem",  "Sandybridge", "Athlon",
                                        "Opteron",  "Barcelona",   "Bulldozer"};

const char *lln_processor_core_for(const char *used, bool avx2, bool avx512)
{
    for (size_t i = 0; avx2 && i < sizeof old_cores / sizeof *old_cores; i++)
        if (strcmp(used, old_cores[i]) == 0)
            return avx512 ? "SkylakeX" : "Haswell";
    return NULL;
}

const char *lln_processor_better_core(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") &&
                  __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
    return lln_processor_core_for(openblas_get_corename(), avx2, avx512);
#else
    return NULL;
#endif
}
