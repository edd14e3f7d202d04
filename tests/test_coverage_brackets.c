/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Histograms of rows from two sweeps, against those of the dense matrix. That
 * brackets contain the exact values is tested in test_coverage.c. */
#include "measure/coverage_brackets.h"

#include <stdatomic.h>

#include "dense.h"

enum { N = 200, M = 1300 };

typedef struct {
    const lln_attention *attention;
    const double *p;
    const size_t *list;
    atomic_size_t seen;
    double tolerance;
} expected;

/* All keys are counted, the total is 1 over the largest entry, and the part of
 * the row in the first 8 bins, above half of the largest entry, is that of
 * P. */
static void check(void *context, size_t index, const lln_coverage_bins *bins,
                  double keys, double total)
{
    expected *e = context;
    size_t i = e->list ? e->list[index] : index, first, end;
    const double *row = e->p + i * M;
    double top = 0, near = 0, count = 0, mass = 0, all = 0;
    lln_mask_keys(e->attention->mask, N, M, i, &first, &end);
    for (size_t j = first; j < end; j++)
        top = fmax(top, row[j]);
    for (size_t j = first; j < end; j++)
        near += row[j] > 0.5 * (1 + 1e-6) * top ? row[j] : 0;
    for (size_t bin = 0; bin < LLN_COVERAGE_BINS; bin++) {
        all += bins->count[bin];
        count += bin <= 8 ? bins->count[bin] : 0;
        mass += bin <= 8 ? bins->mass[bin] : 0;
    }
    e->seen++;
    ck_assert(keys == (double)(end - first) && all == keys && count >= 1);
    expect_relative(total, 1 / top, e->tolerance);
    expect_relative(mass / total, near, e->tolerance);
}

/* Softmax and LLN, in both precisions, all rows and some. */
START_TEST(histograms)
{
    static const size_t some[] = {199, 3, 4, 120};
    lln_precision precision = _i % 2 ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_head head =
        dense_head(N, M, 4, 2, (lln_mask){.causal = _i / 2 % 2}, precision);
    lln_attention attention;
    open_kernel(_i / 4 ? "lln:alpha=1.5:beta=2" : "softmax", &head, NULL, 0,
                &attention);
    expected e = {.attention = &attention,
                  .p = dense_rows(&attention),
                  .tolerance = _i % 2 ? 1e-5 : 1e-12};
    lln_row rows[N];
    expect_ok(lln_coverage_brackets(&attention, NULL, N, LLN_ROW_ENTROPY, rows,
                                    check, &e));
    ck_assert_uint_eq(e.seen, N);
    ck_assert(rows[N - 1].keys == M && rows[N - 1].entropy > 0);
    e.list = some;
    expect_ok(lln_coverage_brackets(&attention, some, 4, 0, NULL, check, &e));
    ck_assert_uint_eq(e.seen, N + 4);
    free((void *)(uintptr_t)e.p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coverage_brackets");
    TCase *brackets = tcase_create("lln_coverage_brackets");
    tcase_add_loop_test(brackets, histograms, 0, 8);
    suite_add_tcase(suite, brackets);
    return run_suite(suite);
}
