/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of spectra share. */
#ifndef LLN_TESTS_SPECTRUM_CASE_H
#define LLN_TESTS_SPECTRUM_CASE_H

#include "cases.h"
#include "kernel/exponent_error.h"
#include "measure/spectrum.h"

static inline const char *method_name(lln_spectrum_method method)
{
    return lln_spectrum_method_table[method].name;
}

/* Opens, measures and closes; `memory` 0: the default. */
static inline lln_status measure(const lln_head *head, const char *kernel,
                                 lln_spectrum_method method, size_t count,
                                 size_t memory, lln_spectrum *out)
{
    lln_attention attention;
    lln_kernel_choice choice;
    lln_spectrum_options options = {method, count, true, memory, false};
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, head, &attention));
    lln_kernel_set_error(&choice, head, &attention);
    lln_status status = lln_spectrum_measure(&attention, &options, out);
    lln_attention_close(&attention);
    return status;
}

/* A head with given queries and keys, for closed forms. */
static inline lln_head plain_head(const double *q, const double *k, size_t n,
                                  size_t d, bool causal)
{
    lln_head head = {
        .source = "test", .layer = -1, .head = -1, .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, n, d, q};
    head.k = (lln_matrix){LLN_FLOAT64, n, d, k};
    head.rule.mask.causal = causal;
    return head;
}

#endif
