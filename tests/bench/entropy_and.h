/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times what other measures add to the entropy of softmax. */
#ifndef LLN_TESTS_BENCH_ENTROPY_AND_H
#define LLN_TESTS_BENCH_ENTROPY_AND_H

#include "kernel/table/table.h"
#include "measure/entropy.h"
#include "timing.h"

/* Measures the entropy and what a row of the table asks for. */
typedef void measure_both(lln_attention *attention, const void *kind);

static inline void measure_softmax(const lln_head *head, measure_both *both,
                                   const void *kind)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_entropy out;
    must(lln_kernel_parse("softmax", &choice));
    must(lln_kernel_open(&choice, head, &attention));
    if (both)
        both(&attention, kind);
    else
        must(lln_entropy_measure(&attention, NULL, 0, &out, NULL));
    lln_attention_close(&attention);
}

/* The seconds for all heads, one on each thread; a single head has all threads.
 * both NULL: entropy alone. */
static inline double time_heads(const lln_head *heads, size_t count,
                                measure_both *both, const void *kind)
{
    double start = now();
#pragma omp parallel for schedule(dynamic, 1) if (count > 1)
    for (size_t i = 0; i < count; i++)
        measure_softmax(&heads[i], both, kind);
    return now() - start;
}

#endif
