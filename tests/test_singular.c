/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values by each method against LAPACK on dense rows (dgesvd, which
 * no method uses), closed forms, and reference data. */
#include "measure/singular.h"

#include <lapacke.h>

#include "cases.h"
#include "core/threads.h"
#include "dense.h"
#include "given_matrix.h"

/* s [min(n, m)]: those of p, or of p minus its column means. */
static void dense_values(const double *p, size_t n, size_t m, bool centred,
                         double *s)
{
    double *a = lln_array_alloc(n * m, sizeof *a), unused[1];
    double *rest = lln_array_alloc(n + m, sizeof *rest);
    memcpy(a, p, n * m * sizeof *a);
    for (size_t j = 0; j < m && centred; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += p[i * m + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            a[i * m + j] -= mean;
    }
    ck_assert_int_eq(LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'N', (lapack_int)n,
                                    (lapack_int)m, a, (lapack_int)m, s, unused,
                                    (lapack_int)n, unused, (lapack_int)m, rest),
                     0);
    free(a);
    free(rest);
}

/* Values within `tolerance` of the dense ones, and within their residuals
 * except for the rounding of dgesvd. */
static void expect_values(const lln_singular *got, const double *p, size_t n,
                          size_t m, double tolerance)
{
    double *s = lln_array_alloc(n + m, sizeof *s);
    for (int centred = 0; centred < 2; centred++) {
        dense_values(p, n, m, centred, s);
        for (size_t k = 0; k < got->count; k++) {
            const lln_singular_value *v =
                centred ? &got->centred[k] : &got->plain[k];
            expect_absolute(v->sigma, s[k], tolerance);
            ck_assert(v->residual >= 0);
            expect_absolute(v->residual, 0, 1e-6 * s[0] + 1e-14);
            ck_assert(lln_singular_known(got, centred, k));
        }
    }
    free(s);
}

static const struct {
    const char *kernel;
    size_t n, m, d;
    double sigma;
    lln_mask mask;
    size_t count;
    const char *method;
} RUNS[] = {
    {"softmax", 40, 60, 8, 1, {0}, 100, "dense"},
    {"softmax", 60, 40, 8, 1, {0}, 5, "dense"},
    {"softmax", 1, 30, 4, 1, {0}, 3, "dense"},
    {"softmax", 30, 1, 1, 1, {0}, 3, "dense"},
    {"softmax", 2, 2, 1, 1, {.causal = true}, 1, "dense"},
    {"softmax", 300, 300, 8, 1, {0}, 10, "lanczos"},
    {"softmax", 300, 300, 8, 2, {.causal = true}, 10, "lanczos"},
    {"softmax", 270, 400, 4, 3, {.causal = true, .window = 20}, 30, "lanczos"},
    {"softmax", 400, 260, 16, 0.1, {0}, 12, "lanczos"},
    {"softmax", 300, 310, 4, 1e-4, {0}, 8, "lanczos"}, /* values down to 0 */
    {"lln:alpha=2:beta=2", 300, 300, 16, 1, {.causal = true}, 9, "lanczos"},
    {"cosformer", 300, 300, 8, 1, {0}, 9, NULL},
    {"lln:alpha=2:beta=2", 90, 120, 16, 1, {0}, 20, "lowrank"},
    {"lln:alpha=1e-3:beta=1e-3", 90, 120, 16, 1, {0}, 20, "lowrank"},
    {"elu", 700, 65, 16, 1, {0}, 4, "lowrank"},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

START_TEST(measure_dense)
{
    lln_head head = dense_head(RUNS[_i].n, RUNS[_i].m, RUNS[_i].d,
                               RUNS[_i].sigma, RUNS[_i].mask, LLN_FLOAT64);
    lln_attention attention;
    lln_singular out;
    lln_singular_options options = {.count = RUNS[_i].count};
    open_kernel(RUNS[_i].kernel, &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    expect_ok(lln_singular_measure(&attention, &options, &out));
    size_t least = lln_size_smaller(RUNS[_i].n, RUNS[_i].m);
    ck_assert_uint_eq(out.count, lln_size_smaller(RUNS[_i].count, least));
    if (RUNS[_i].method)
        ck_assert_str_eq(out.method, RUNS[_i].method);
    expect_values(&out, p, RUNS[_i].n, RUNS[_i].m, 1e-12);
    lln_singular_free(&out);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* Of a float32 head up to 2048 tokens: logits in float64, weights rounded to
 * float32 where they are stored. */
START_TEST(measure_head_float32)
{
    lln_head head = dense_head(300, 320, 16, 2, (lln_mask){0}, LLN_FLOAT32);
    lln_kernel_choice choice;
    lln_singular out;
    double *p = dense_softmax(&head);
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_singular_measure_head(&choice, &head, 6, &out));
    expect_values(&out, p, 300, 320, 1e-7);
    lln_singular_free(&out);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* Threads and stored weights change no byte. */
START_TEST(measure_same_bytes)
{
    lln_head head = dense_head(1100, 1000, 8, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_singular out, first = {0};
    for (int run = 0; run < 3; run++) {
        lln_attention attention;
        lln_singular_options options = {7, run == 2 ? 1 : 0, false};
        lln_threads_set(run == 0 ? 1 : 2);
        open_kernel("softmax", &head, NULL, 0, &attention);
        expect_ok(lln_singular_measure(&attention, &options, &out));
        lln_attention_close(&attention);
        if (run == 0)
            first = out;
        ck_assert_mem_eq(out.plain, first.plain, 7 * sizeof *out.plain);
        ck_assert_mem_eq(out.centred, first.centred, 7 * sizeof *out.plain);
        if (run > 0)
            lln_singular_free(&out);
    }
    lln_singular_free(&first);
    lln_head_free(&head);
}
END_TEST

/* P maps token i to token i - 1: all sigma are 1, and of P~ all but one. */
START_TEST(measure_permutation)
{
    size_t n = _i ? 600 : 40, count = 70;
    double *p = lln_array_alloc(n * n, sizeof *p);
    lln_singular out;
    lln_singular_options options = {.count = count};
    for (size_t i = 0; i < n; i++)
        p[i * n + (i + n - 1) % n] = 1;
    lln_attention attention = given_attention(p, n, n);
    expect_ok(lln_singular_measure(&attention, &options, &out));
    ck_assert_str_eq(out.method, _i ? "lanczos" : "dense");
    for (size_t k = 0; k < out.count; k++) {
        expect_absolute(out.plain[k].sigma, 1, 1e-13);
        expect_absolute(out.centred[k].sigma, k + 1 < n, 1e-13);
    }
    lln_singular_free(&out);
    free(p);
}
END_TEST

/* Forty blocks of 16 equal entries: forty values 1, which a block of 32 vectors
 * cannot find at once, then 0. P~ has thirty-nine. */
START_TEST(measure_multiple)
{
    enum { BLOCKS = 40, SIDE = 16, N = BLOCKS * SIDE };
    double *p = lln_array_alloc(N * N, sizeof *p);
    lln_singular out;
    lln_singular_options options = {.count = 45};
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < SIDE; j++)
            p[i * N + i / SIDE * SIDE + j] = 1.0 / SIDE;
    lln_attention attention = given_attention(p, N, N);
    expect_ok(lln_singular_measure(&attention, &options, &out));
    for (size_t k = 0; k < 45; k++) {
        expect_absolute(out.plain[k].sigma, k < BLOCKS, 1e-13);
        expect_absolute(out.centred[k].sigma, k < BLOCKS - 1, 1e-13);
    }
    lln_singular_free(&out);
    free(p);
}
END_TEST

/* Equal rows: sigma = sqrt(n) ||row||, and P~ = 0. */
START_TEST(measure_equal_rows)
{
    size_t n = _i ? 500 : 30, m = 300;
    double *p = lln_array_alloc(n * m, sizeof *p), square = 0;
    lln_singular out;
    lln_singular_options options = {.count = 3};
    for (size_t j = 0; j < m; j++) {
        double entry = (double)(2 * j + 1) / (double)(m * m);
        square += entry * entry;
        for (size_t i = 0; i < n; i++)
            p[i * m + j] = entry;
    }
    lln_attention attention = given_attention(p, n, m);
    expect_ok(lln_singular_measure(&attention, &options, &out));
    expect_relative(out.plain[0].sigma, sqrt((double)n * square), 1e-14);
    expect_absolute(out.plain[1].sigma, 0, 1e-14);
    expect_absolute(out.centred[0].sigma, 0, 1e-14);
    ck_assert(lln_singular_known(&out, true, 0));
    lln_singular_free(&out);
    free(p);
}
END_TEST

/* numpy: the 2-norm of P minus its column means (tests/data/README.md). */
START_TEST(measure_reference)
{
    lln_head head = case_head(CASES[_i].name, LLN_FLOAT64, false);
    lln_attention attention;
    lln_singular out;
    lln_singular_options options = {.count = 1};
    case_open(&head, "softmax", &attention);
    expect_ok(lln_singular_measure(&attention, &options, &out));
    expect_absolute(out.centred[0].sigma,
                    case_scalar(CASES[_i].name, "softmax", "Pt_2norm"), 1e-13);
    lln_singular_free(&out);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_none)
{
    lln_attention attention = given_attention(NULL, 0, 5);
    lln_singular out;
    lln_singular_options options = {.count = 2};
    expect_ok(lln_singular_measure(&attention, &options, &out));
    ck_assert_uint_eq(out.count, 0);
    lln_singular_free(&out);
}
END_TEST

START_TEST(measure_too_big)
{
    double p[600] = {0};
    lln_attention attention = given_attention(p, 20, 30);
    lln_singular out;
    lln_singular_options options = {.count = 20, .memory = 1000};
    expect_status(lln_singular_measure(&attention, &options, &out),
                  LLN_ETOOBIG);
    ck_assert_ptr_null(out.plain);
    ck_assert_str_eq(lln_error_message(),
                     "20 singular values of 20 x 30 need 0.0 MiB, 0.0 MiB are "
                     "allowed; try at most 2");
}
END_TEST

START_TEST(measure_interrupted)
{
    static const size_t sides[] = {20, 300};
    size_t n = sides[_i];
    double *p = lln_array_alloc(n * n, sizeof *p);
    lln_attention attention = given_attention(p, n, n);
    lln_singular out;
    lln_singular_options options = {.count = 2};
    lln_stop_requested = 1;
    expect_status(lln_singular_measure(&attention, &options, &out),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    ck_assert_ptr_null(out.plain);
    free(p);
}
END_TEST

START_TEST(known_bounds)
{
    lln_singular_value plain[] = {{2, 1e-6}, {0.5, 2e-6}, {0.1, 2.1e-6}};
    lln_singular_value centred[] = {{1e-9, 1e-13}, {0, 2.1e-12}};
    lln_singular s = {"dense", 3, plain, centred};
    ck_assert(lln_singular_known(&s, false, 1));
    ck_assert(!lln_singular_known(&s, false, 2));
    ck_assert(lln_singular_known(&s, true, 0));
    ck_assert(!lln_singular_known(&s, true, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular");
    TCase *singular = tcase_create("singular");
    tcase_add_loop_test(singular, measure_dense, 0, RUN_COUNT);
    tcase_add_test(singular, measure_head_float32);
    tcase_add_test(singular, measure_same_bytes);
    tcase_add_loop_test(singular, measure_permutation, 0, 2);
    tcase_add_test(singular, measure_multiple);
    tcase_add_loop_test(singular, measure_equal_rows, 0, 2);
    tcase_add_loop_test(singular, measure_reference, 0, CASE_COUNT);
    tcase_add_test(singular, measure_none);
    tcase_add_test(singular, measure_too_big);
    tcase_add_loop_test(singular, measure_interrupted, 0, 2);
    tcase_add_test(singular, known_bounds);
    suite_add_tcase(suite, singular);
    return run_suite(suite);
}
