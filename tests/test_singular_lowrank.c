/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values from features, against LAPACK on dense rows. */
#include "measure/singular_lowrank.h"

#include "dense.h"
#include "measure/singular_dense.h"

static const struct {
    const char *kernel;
    size_t n, m, d;
    double sigma, tolerance;
} RUNS[] = {
    {"lln:alpha=2:beta=2", 40, 700, 8, 1, 1e-13},
    {"lln:alpha=2:beta=2", 700, 40, 8, 1, 1e-13},
    {"lln:alpha=9:beta=9", 60, 60, 8, 1, 1e-12},
    {"elu", 90, 80, 4, 1, 1e-13},
    {"lln:alpha=1e-6:beta=1e-6", 80, 80, 4, 1, 1e-15}, /* P~ near 0 */
    {"elu", 1, 3, 2, 1, 1e-15},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

/* Values after the rank are 0; the list is zeroed first, as the caller does. */
START_TEST(lowrank_dense)
{
    size_t n = RUNS[_i].n, m = RUNS[_i].m;
    lln_head head = dense_head(n, m, RUNS[_i].d, RUNS[_i].sigma, (lln_mask){0},
                               LLN_FLOAT64);
    lln_attention attention;
    lln_singular_value plain[20] = {{0}}, centred[20] = {{0}};
    lln_singular_value p[20] = {{0}}, c[20] = {{0}};
    size_t count = lln_size_smaller(20, lln_size_smaller(n, m));
    lln_singular out = {"", count, plain, centred};
    lln_singular expected = {"", count, p, c};
    lln_singular_options options = {.count = count};
    open_kernel(RUNS[_i].kernel, &head, NULL, 0, &attention);
    expect_ok(lln_singular_lowrank(&attention, &out));
    expect_ok(lln_singular_dense(&attention, &options, &expected));
    for (size_t k = 0; k < count; k++) {
        expect_absolute(plain[k].sigma, p[k].sigma, 10 * RUNS[_i].tolerance);
        expect_absolute(centred[k].sigma, c[k].sigma, 10 * RUNS[_i].tolerance);
        ck_assert(k < attention.rank || plain[k].sigma == 0);
        expect_absolute(plain[k].residual, 0, 1e-13);
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* All values of P, and its sums of squares, against dense rows. */
START_TEST(lowrank_plain)
{
    size_t n = RUNS[_i].n, m = RUNS[_i].m;
    lln_head head = dense_head(n, m, RUNS[_i].d, RUNS[_i].sigma, (lln_mask){0},
                               LLN_FLOAT64);
    lln_attention attention;
    lln_singular_value values[64];
    double squares[700], sigma[700];
    open_kernel(RUNS[_i].kernel, &head, NULL, 0, &attention);
    size_t least = lln_size_smaller(n, m), rank = attention.rank;
    double *p = dense_rows(&attention);
    expect_ok(lln_singular_lowrank_squares(&attention, squares));
    for (size_t j = 0; j < m; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += p[i * m + j] * p[i * m + j];
        expect_relative(squares[j], sum, 1e-12);
    }
    expect_ok(lln_singular_lowrank_plain(&attention, values));
    expect_ok(lln_singular_matrix_all(p, n, m, sigma));
    for (size_t k = 0; k < rank && k < least; k++)
        expect_absolute(values[k].sigma, sigma[k], 10 * RUNS[_i].tolerance);
    ck_assert(lln_singular_lowrank_applies(&attention) == (4 * rank <= least));
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* One thread and two give the same bytes. */
START_TEST(lowrank_threads)
{
    lln_head head = dense_head(5000, 4000, 16, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    lln_singular_value plain[2][9], centred[2][9];
    open_kernel("lln:alpha=2:beta=2", &head, NULL, 0, &attention);
    for (int t = 0; t < 2; t++) {
        lln_singular out = {"", 9, plain[t], centred[t]};
        lln_threads_set(t + 1);
        expect_ok(lln_singular_lowrank(&attention, &out));
    }
    ck_assert_mem_eq(plain[0], plain[1], sizeof plain[0]);
    ck_assert_mem_eq(centred[0], centred[1], sizeof centred[0]);
    lln_stop_requested = 1;
    lln_singular out = {"", 9, plain[0], centred[0]};
    expect_status(lln_singular_lowrank(&attention, &out), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular_lowrank");
    TCase *lowrank = tcase_create("singular_lowrank");
    tcase_add_loop_test(lowrank, lowrank_dense, 0, RUN_COUNT);
    tcase_add_loop_test(lowrank, lowrank_plain, 0, RUN_COUNT);
    tcase_add_test(lowrank, lowrank_threads);
    suite_add_tcase(suite, lowrank);
    return run_suite(suite);
}
