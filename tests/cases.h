/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference cases of tests/data/cases: heads, and the values that dense
 * float64 programs computed for them. */
#ifndef LLN_TESTS_CASES_H
#define LLN_TESTS_CASES_H

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "expect.h"
#include "heads/heads.h"
#include "kernel/table/table.h"

/* Reads a version 1 .npy file of little-endian float64 whose shape the caller
 * knows. */
static inline void case_read(const char *name, const char *which, double *out,
                             size_t count)
{
    char path[128];
    unsigned char prefix[10];
    snprintf(path, sizeof path, "tests/data/cases/case_%s_%s.npy", name, which);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_eq(fread(prefix, 1, 10, file), 10);
    ck_assert_int_eq(fseek(file, 10 + prefix[8] + 256L * prefix[9], SEEK_SET),
                     0);
    ck_assert_uint_eq(fread(out, sizeof *out, count, file), count);
    ck_assert_int_eq(fgetc(file), EOF);
    fclose(file);
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
    char line[256], key[160];
    FILE *file = fopen("tests/data/cases/cases_scalars.csv", "r");
    ck_assert(file != NULL);
    snprintf(key, sizeof key, "%s,%s,%s,", name, attention, quantity);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) {
            fclose(file);
            return strtod(line + strlen(key), NULL);
        }
    ck_abort_msg("no reference %s", key);
    return NAN;
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
