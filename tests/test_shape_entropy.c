/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/shape_entropy.h"

#include "dense.h"

/* The entropy of a row divided by its sum, by plain sums. */
static double slow_entropy(const double *p, size_t m)
{
    double sum = 0, entropy = 0;
    for (size_t j = 0; j < m; j++) {
        if (p[j] < 0)
            return NAN;
        sum += p[j];
    }
    for (size_t j = 0; j < m; j++)
        entropy -= p[j] > 0 ? p[j] / sum * log(p[j] / sum) : 0;
    return sum > 0 ? entropy : NAN;
}

/* Rows that sum to 1, to less, to 0, or have negative entries, by tiles and by
 * rows, with a sink, and rows that were measured before. */
START_TEST(entropies_dense)
{
    static const char *const kernels[] = {"softmax",
                                          "lln:alpha=1:beta=1",
                                          "lln:alpha=1:beta=1:eps=0.9",
                                          "elu",
                                          "relu",
                                          "relu:eps=1",
                                          "nystrom:landmarks=4",
                                          "quadratic",
                                          "kvt:k=3",
                                          "deltanet",
                                          "elu:eps=1e-6"};
    lln_head head =
        dense_head(24, 24, 2, 1, (lln_mask){.causal = _i % 2}, LLN_FLOAT64);
    static const size_t some[] = {2, 9, 10, 23};
    double entropies[24], wanted[24], few[4];
    lln_row rows[24];
    lln_attention attention;
    if (strncmp(kernels[_i / 2], "nystrom", 7) == 0)
        head.rule.mask.causal = false;
    if (strcmp(kernels[_i / 2], "deltanet") == 0)
        head.rule.mask.causal = true;
    head.rule.has_sink = _i / 2 == 0;
    open_kernel(kernels[_i / 2], &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    for (size_t i = 0; i < 24; i++)
        wanted[i] = slow_entropy(p + i * 24, 24);
    expect_ok(lln_shape_entropies(&attention, NULL, 24, NULL, entropies));
    expect_ok(lln_shape_entropies(&attention, some, 4, NULL, few));
    for (size_t i = 0; i < 24; i++)
        expect_absolute(entropies[i], wanted[i], 1e-12);
    for (size_t i = 0; i < 4; i++)
        expect_absolute(few[i], wanted[some[i]], 1e-12);
    expect_ok(lln_rows_measure(&attention, NULL, 24, LLN_ROW_ENTROPY, rows));
    expect_ok(lln_shape_entropies(&attention, NULL, 24, rows, entropies));
    for (size_t i = 0; i < 24; i++)
        expect_absolute(entropies[i], wanted[i], 1e-12);
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shape_entropy");
    TCase *entropies = tcase_create("entropies");
    tcase_add_loop_test(entropies, entropies_dense, 0, 22);
    suite_add_tcase(suite, entropies);
    return run_suite(suite);
}
