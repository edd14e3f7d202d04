/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ranks of P against LAPACK (dgesvd, which no method uses) on dense rows,
 * closed forms, and the inequalities between them. */
#include "measure/ranks.h"

#include <lapacke.h>

#include "core/sorting.h"
#include "core/threads.h"
#include "dense.h"
#include "given_matrix.h"

enum {
    ALL = LLN_RANKS_SIGMA1 | LLN_RANKS_SIGMA2 | LLN_RANKS_STABLE |
          LLN_RANKS_90 | LLN_RANKS_COLUMNS | LLN_RANKS_ENTROPY
};

/* The fewest of `values`, largest first, that hold 0.9 of their sum. */
static double fewest(const double *values, size_t count)
{
    double total = 0, sum = 0;
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        total += values[i];
    while (sum < (0.9 - 1e-12) * total)
        sum += values[used++];
    return (double)used;
}

/* The same for values in any order, which are sorted. */
static double fewest_sorted(double *values, size_t count)
{
    qsort(values, count, sizeof *values, lln_compare_reals);
    for (size_t i = 0; i < count / 2; i++) {
        double swap = values[i];
        values[i] = values[count - 1 - i];
        values[count - 1 - i] = swap;
    }
    return fewest(values, count);
}

/* Ranks of p [n x m], which must not be 0. */
static lln_ranks dense_ranks(const double *p, size_t n, size_t m)
{
    size_t least = lln_size_smaller(n, m);
    double *a = lln_array_alloc(n * m, sizeof *a), unused[1];
    double *s = lln_array_alloc(2 * (n + m), sizeof *s), *rest = s + n + m;
    lln_ranks out = {0};
    double squares = 0, sum = 0, entropy = 0;
    memcpy(a, p, n * m * sizeof *a);
    ck_assert_int_eq(LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'N', (lapack_int)n,
                                    (lapack_int)m, a, (lapack_int)m, s, unused,
                                    (lapack_int)n, unused, (lapack_int)m, rest),
                     0);
    for (size_t i = 0; i < n * m; i++)
        squares += p[i] * p[i];
    out.sigma1 = s[0];
    out.sigma2 = least > 1 ? s[1] : 0;
    out.stable_rank = squares / (s[0] * s[0]);
    for (size_t i = 0; i < least; i++)
        sum += s[i];
    for (size_t i = 0; i < least; i++)
        entropy -= s[i] > 0 ? s[i] / sum * log(s[i] / sum) : 0;
    out.entropy_rank = exp(entropy);
    for (size_t i = 0; i < least; i++)
        s[i] *= s[i];
    out.rank90 = fewest(s, least);
    memset(s, 0, m * sizeof *s);
    for (size_t i = 0; i < n * m; i++)
        s[i % m] += p[i] * p[i];
    out.columns90 = fewest_sorted(s, m);
    free(a);
    free(s);
    return out;
}

static void expect_ranks(const lln_ranks *got, const lln_ranks *expected,
                         double tolerance)
{
    expect_relative(got->sigma1, expected->sigma1, tolerance);
    expect_absolute(got->sigma2, expected->sigma2,
                    tolerance * expected->sigma1);
    expect_relative(got->stable_rank, expected->stable_rank, tolerance);
    expect_relative(got->entropy_rank, expected->entropy_rank, tolerance);
    ck_assert_msg(got->rank90 == expected->rank90, "rank90 %g, expected %g",
                  got->rank90, expected->rank90);
    ck_assert_msg(got->columns90 == expected->columns90,
                  "columns90 %g, expected %g", got->columns90,
                  expected->columns90);
}

/* What holds for every P that is not 0. */
static void expect_inequalities(const lln_ranks *r, size_t n, size_t m)
{
    const double most = (double)lln_size_smaller(n, m), e = 1e-9;
    ck_assert(r->sigma1 > 0 && r->sigma2 >= 0);
    ck_assert(r->sigma2 <= r->sigma1 * (1 + e));
    ck_assert(r->stable_rank >= 1 - e && r->stable_rank <= most * (1 + e));
    ck_assert(r->entropy_rank >= 1 - e && r->entropy_rank <= most * (1 + e));
    ck_assert(r->rank90 >= 0.9 * r->stable_rank * (1 - e));
    ck_assert(r->rank90 >= r->rank90_least && r->rank90_least >= 1);
    ck_assert(r->rank90 <= most && r->columns90 <= (double)m);
    ck_assert(r->columns90 >= r->rank90);
    ck_assert(r->rank90_missing == LLN_RANKS_DEFINED);
    ck_assert(r->sigma_missing == LLN_RANKS_DEFINED);
}

static const struct {
    const char *kernel;
    size_t n, m, d;
    double sigma;
    lln_mask mask;
} RUNS[] = {
    {"softmax", 40, 60, 8, 1, {0}},
    {"softmax", 60, 40, 8, 2, {0}},
    {"softmax", 1, 30, 4, 1, {0}},
    {"softmax", 30, 1, 4, 1, {0}},
    {"softmax", 1, 1, 4, 1, {0}},
    {"softmax", 2, 2, 1, 1, {.causal = true}},
    {"softmax", 64, 64, 8, 3, {.causal = true}},
    {"softmax", 100, 300, 8, 1, {.causal = true, .window = 9}},
    {"softmax", 300, 300, 8, 2, {.window = 5}},
    {"softmax", 300, 310, 4, 1e-4, {0}},
    {"softmax", 30, 600, 4, 1, {0}},
    {"softmax", 600, 30, 4, 1, {0}},
    {"softmax", 600, 560, 8, 1, {0}},
    {"softmax", 600, 600, 8, 2, {.causal = true}},
    {"softmax", 560, 560, 8, 0.1, {.causal = true}},
    {"softmax", 530, 530, 16, 2, {.window = 3}},
    {"softmax", 300, 600, 16, 3, {0}},
    {"lln:alpha=2:beta=2", 90, 120, 16, 1, {0}}, /* lowrank */
    {"lln:alpha=2:beta=2", 60, 600, 16, 1, {0}}, /* not */
    {"lln:alpha=2:beta=2", 300, 300, 16, 1, {.causal = true}},
    {"elu", 700, 65, 16, 1, {0}},
    {"elu", 9, 9, 16, 1, {0}},
    {"cosformer", 100, 90, 8, 1, {0}},
    {"kvt:k=5", 90, 90, 8, 2, {0}},
    {"deltanet", 80, 80, 8, 1, {.causal = true}}, /* negative entries */
    {"nystrom", 64, 64, 8, 1, {0}},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

START_TEST(ranks_dense)
{
    size_t n = RUNS[_i].n, m = RUNS[_i].m;
    lln_head head = dense_head(n, m, RUNS[_i].d, RUNS[_i].sigma, RUNS[_i].mask,
                               LLN_FLOAT64);
    lln_attention attention;
    lln_ranks_options options = {.what = ALL};
    lln_ranks got;
    open_kernel(RUNS[_i].kernel, &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    lln_ranks expected = dense_ranks(p, n, m);
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    expect_ranks(&got, &expected, 1e-10);
    expect_inequalities(&got, n, m);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* Each alone gives the same bytes; the rest is NaN. */
START_TEST(ranks_alone)
{
    lln_head head = dense_head(RUNS[_i].n, RUNS[_i].m, RUNS[_i].d,
                               RUNS[_i].sigma, RUNS[_i].mask, LLN_FLOAT64);
    lln_attention attention;
    lln_ranks_options options = {.what = ALL};
    lln_ranks all, one;
    open_kernel(RUNS[_i].kernel, &head, NULL, 0, &attention);
    expect_ok(lln_ranks_measure(&attention, &options, &all));
    for (unsigned what = 1; what < ALL; what *= 2) {
        options.what = what;
        expect_ok(lln_ranks_measure(&attention, &options, &one));
        const double got[] = {one.sigma1, one.sigma2,    one.stable_rank,
                              one.rank90, one.columns90, one.entropy_rank};
        const double wanted[] = {all.sigma1, all.sigma2,    all.stable_rank,
                                 all.rank90, all.columns90, all.entropy_rank};
        for (size_t i = 0; i < 6; i++)
            ck_assert(what >> i == 1 ? got[i] == wanted[i]
                                     : i < 3 || isnan(got[i]));
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Random matrices of all shapes, some with negative entries and zero rows. */
START_TEST(ranks_random)
{
    size_t n = 1 + (size_t)_i * 7 % 41, m = 1 + (size_t)_i * 13 % 47;
    double p[50 * 50];
    lln_ranks_options options = {.what = ALL};
    lln_ranks got;
    draw_numbers((uint64_t)_i, n * m, 2, p);
    for (size_t at = 0; at < n * m; at++)
        p[at] = _i % 3 ? exp(p[at]) : p[at];
    for (size_t j = 0; j < m && _i % 5 == 0 && n > 1; j++)
        p[m * (n / 2) + j] = 0;
    lln_attention attention = given_attention(p, n, m);
    attention.unnormalised = true;
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    lln_ranks expected = dense_ranks(p, n, m);
    expect_ranks(&got, &expected, 1e-10);
    expect_inequalities(&got, n, m);
}
END_TEST

/* The example of the header. */
START_TEST(ranks_example)
{
    double p[] = {0.75, 0.25, 0.25, 0.75};
    lln_attention attention = given_attention(p, 2, 2);
    lln_ranks_options options = {.what = ALL};
    lln_ranks got;
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    expect_relative(got.sigma1, 1, 1e-15);
    expect_relative(got.sigma2, 0.5, 1e-15);
    expect_relative(got.stable_rank, 1.25, 1e-15);
    expect_relative(got.entropy_rank, exp(log(3) - log(4) / 3), 1e-15);
    ck_assert(got.rank90 == 2 && got.rank90_least == 2 && got.columns90 == 2);
}
END_TEST

/* All entries 1/m: rank 1, and 0.9 m columns. A permutation: every rank is n,
 * whatever ties say, also where block iteration gives up. */
START_TEST(ranks_closed)
{
    static const size_t sizes[] = {1, 2, 10, 33, 100, 300, 600};
    size_t n = sizes[_i];
    double *p = lln_array_alloc(n * n, sizeof *p);
    lln_ranks_options options = {.what = ALL};
    lln_ranks got;
    lln_attention attention = given_attention(p, n, n);
    for (size_t at = 0; at < n * n; at++)
        p[at] = 1 / (double)n;
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    double fraction = ceil((double)(9 * n) / 10);
    lln_ranks one = {.sigma1 = 1, .stable_rank = 1, .rank90 = 1};
    one.columns90 = fraction;
    one.entropy_rank = got.entropy_rank;
    expect_ranks(&got, &one, 1e-13);
    expect_relative(got.entropy_rank, 1, 1e-10);
    memset(p, 0, n * n * sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i * n + (i + 3) % n] = 1;
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    double size = (double)n;
    lln_ranks full = {.sigma1 = 1, .sigma2 = n > 1, .stable_rank = size};
    full.rank90 = full.columns90 = fraction;
    full.entropy_rank = size;
    expect_ranks(&got, &full, 1e-12);
    ck_assert(got.rank90_least == fraction);
    free(p);
}
END_TEST

/* Hidden rows are zero; without any entry nothing is defined. */
START_TEST(ranks_zero)
{
    double p[40 * 50] = {0};
    lln_ranks_options options = {.what = ALL};
    lln_ranks got;
    lln_attention attention = given_attention(p, 40, 50);
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    ck_assert(got.sigma1 == 0 && got.sigma2 == 0);
    ck_assert(isnan(got.stable_rank) && isnan(got.rank90));
    ck_assert(isnan(got.rank90_least) && isnan(got.columns90));
    ck_assert(isnan(got.entropy_rank));
    ck_assert_int_eq(got.rank90_missing, LLN_RANKS_ZERO);
    p[7] = 0.5;
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    expect_relative(got.sigma1, 0.5, 1e-14);
    expect_relative(got.stable_rank, 1, 1e-14);
    ck_assert(got.rank90 == 1 && got.columns90 == 1);
    attention.n = 0;
    expect_ok(lln_ranks_measure(&attention, &options, &got));
    ck_assert(isnan(got.sigma1) && isnan(got.rank90));
}
END_TEST

/* rank90 above 512 of a P that LAPACK does not solve; entropy_rank neither. */
START_TEST(ranks_beyond)
{
    enum { N = 2100 };
    lln_head head =
        dense_head(N, N, 4, 1, (lln_mask){.window = 2}, LLN_FLOAT64);
    lln_kernel_choice choice;
    lln_ranks got;
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_ranks_measure_head(
        &choice, &head, LLN_RANKS_90 | LLN_RANKS_STABLE | LLN_RANKS_ENTROPY,
        &got));
    ck_assert(isnan(got.rank90) && isnan(got.entropy_rank));
    ck_assert_int_eq(got.rank90_missing, LLN_RANKS_BEYOND);
    ck_assert_int_eq(got.entropy_missing, LLN_RANKS_LARGE);
    ck_assert(got.rank90_least > 1 && got.stable_rank < N);
    lln_head_free(&head);
}
END_TEST

/* Without memory for P, entropy_rank is missing, and the rest is the same. */
START_TEST(ranks_memory)
{
    lln_head head = dense_head(600, 560, 8, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    lln_ranks got[3];
    open_kernel("softmax", &head, NULL, 0, &attention);
    for (int run = 0; run < 3; run++) {
        lln_ranks_options options = {ALL, run ? 1 : 0, false};
        lln_threads_set(run == 1 ? 1 : 2);
        expect_ok(lln_ranks_measure(&attention, &options, &got[run]));
    }
    ck_assert_mem_eq(&got[1], &got[2], offsetof(lln_ranks, entropy_rank));
    ck_assert_mem_eq(&got[0], &got[1], offsetof(lln_ranks, entropy_rank));
    ck_assert(isnan(got[1].entropy_rank) && !isnan(got[0].entropy_rank));
    ck_assert_int_eq(got[1].entropy_missing, LLN_RANKS_LARGE);
    lln_stop_requested = 1;
    lln_ranks_options options = {.what = ALL};
    expect_status(lln_ranks_measure(&attention, &options, got),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* A float32 head is measured with float64 logits, and weights in float32. */
START_TEST(ranks_float32)
{
    lln_head head = dense_head(560, 600, 16, 2, (lln_mask){0}, LLN_FLOAT32);
    lln_kernel_choice choice;
    lln_ranks got;
    double *p = dense_softmax(&head);
    lln_ranks expected = dense_ranks(p, 560, 600);
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_ranks_measure_head(&choice, &head, ALL, &got));
    expect_ranks(&got, &expected, 1e-7);
    lln_head_free(&head);
    free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks");
    TCase *ranks = tcase_create("ranks");
    tcase_set_timeout(ranks, 60);
    tcase_add_loop_test(ranks, ranks_dense, 0, RUN_COUNT);
    tcase_add_loop_test(ranks, ranks_alone, 0, RUN_COUNT);
    tcase_add_loop_test(ranks, ranks_random, 0, 500);
    tcase_add_test(ranks, ranks_example);
    tcase_add_loop_test(ranks, ranks_closed, 0, 7);
    tcase_add_test(ranks, ranks_zero);
    tcase_add_test(ranks, ranks_beyond);
    tcase_add_test(ranks, ranks_memory);
    tcase_add_test(ranks, ranks_float32);
    suite_add_tcase(suite, ranks);
    return run_suite(suite);
}
