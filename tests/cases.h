/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference cases of tests/data/cases: heads, and the values that dense
 * float64 programs computed for them. */
#ifndef LLN_TESTS_CASES_H
#define LLN_TESTS_CASES_H

#include "core/memory.h"
#include "heads/heads.h"
#include "kernel/table/table.h"
#include "reference.h"

static inline void case_read(const char *name, const char *which, double *out,
                             size_t count)
{
    char path[128];
    snprintf(path, sizeof path, "tests/data/cases/case_%s_%s.npy", name, which);
    reference_array(path, out, count);
}

/* Case `name` as a head in the wanted precision; release by lln_head_free. */
static inline lln_head case_head(const char *name, lln_precision precision,
                                 bool causal)
{
    static const struct {
        const char *name;
        size_t n, d;
    } shapes[] = {{"A", 64, 8}, {"B", 256, 64}, {"C", 128, 16},
                  {"D", 2, 1},  {"E", 48, 32},  {0}};
    size_t at = 0;
    while (strcmp(shapes[at].name, name) != 0)
        at++;
    size_t n = shapes[at].n, d = shapes[at].d, size = n * d;
    double *values = lln_array_alloc(2 * size, sizeof *values);
    char *storage = lln_array_alloc(2 * size, lln_precision_size(precision));
    case_read(name, "Q", values, size);
    case_read(name, "K", values + size, size);
    lln_matrix both = {LLN_FLOAT64, 2, size, values};
    lln_matrix_convert(both, precision, storage);
    free(values);
    lln_head head = {.source = name, .layer = -1, .head = -1};
    head.q = (lln_matrix){precision, n, d, storage};
    head.k = (lln_matrix){precision, n, d,
                          storage + size * lln_precision_size(precision)};
    head.rule.mask.causal = causal;
    head.rule.scale = 1 / sqrt((double)d);
    head.storage = storage;
    return head;
}

/* The reference value in cases_scalars.csv. */
static inline double case_scalar(const char *name, const char *attention,
                                 const char *quantity)
{
    char key[160];
    double value;
    snprintf(key, sizeof key, "%s,%s,%s,", name, attention, quantity);
    reference_values("tests/data/cases/cases_scalars.csv", key, &value, 1);
    return value;
}

/* Opens the attention of a case with a kernel such as
 * "lln:alpha=1.1:beta=1.4". */
static inline void case_open(const lln_head *head, const char *kernel,
                             lln_attention *attention)
{
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, head, attention));
}

/* Cases with their alpha and beta for LLN. */
static const struct {
    const char *name, *lln;
} CASES[] = {{"A", "lln:alpha=1.1:beta=1.4"},
             {"B", "lln:alpha=1:beta=1"},
             {"C", "lln:alpha=0.8:beta=0.9"},
             {"E", "lln:alpha=1:beta=1"}};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

#endif
