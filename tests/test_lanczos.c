/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Block Lanczos iteration on a diagonal matrix, whose eigenvalues are its
 * entries. */
#include "measure/lanczos.h"

#include <string.h>

#include "expect.h"

enum { M = 40, B = 3, MOST = 36 };

/* y = D x, D_jj = context_j. */
static lln_status apply(void *context, const double *x, size_t columns,
                        double *y)
{
    const double *d = context;
    for (size_t c = 0; c < columns; c++)
        for (size_t j = 0; j < M; j++)
            y[c * M + j] = d[j] * x[c * M + j];
    return LLN_OK;
}

static lln_status refuse(void *context, const double *x, size_t columns,
                         double *y)
{
    (void)context, (void)x, (void)columns, (void)y;
    return LLN_EINTERRUPTED;
}

/* Entries 40, 39 ... 1 in an order that hides them. */
static void fill(double *d)
{
    for (size_t j = 0; j < M; j++)
        d[j] = (double)(j * 7 % M) + 1;
}

static void expect_orthonormal(const lln_lanczos *l, size_t count)
{
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t j = 0; j < M; j++)
                sum += l->v[a * M + j] * l->v[b * M + j];
            expect_absolute(sum, a == b, 1e-14);
        }
}

/* A basis of nearly the whole space has the top value. Each Ritz value is
 * within its residual of an entry. */
START_TEST(expand_ritz)
{
    double d[M];
    lln_lanczos l;
    fill(d);
    expect_ok(lln_lanczos_open(apply, d, M, B, MOST, &l));
    expect_ok(lln_lanczos_start(&l));
    for (size_t i = 0; i < MOST / B; i++)
        expect_ok(lln_lanczos_expand(&l));
    ck_assert_uint_eq(l.used, MOST);
    expect_orthonormal(&l, MOST + B);
    expect_ok(lln_lanczos_decompose(&l));
    expect_relative(lln_lanczos_value(&l, 0), 40, 1e-6);
    for (size_t k = 0; k < MOST; k++) {
        double value = lln_lanczos_value(&l, k);
        ck_assert(k == 0 || value <= lln_lanczos_value(&l, k - 1));
        expect_absolute(value, round(value),
                        lln_lanczos_residual(&l, k) + 1e-12);
    }
    lln_lanczos_close(&l);
}
END_TEST

/* The residual that the iteration states is that of the vector. */
START_TEST(residual_product)
{
    double d[M];
    lln_lanczos l;
    fill(d);
    expect_ok(lln_lanczos_open(apply, d, M, B, 12, &l));
    expect_ok(lln_lanczos_start(&l));
    for (size_t i = 0; i < 4; i++)
        expect_ok(lln_lanczos_expand(&l));
    expect_ok(lln_lanczos_decompose(&l));
    double value = lln_lanczos_value(&l, 0), sum = 0;
    double residual = lln_lanczos_residual(&l, 0);
    lln_lanczos_turn(&l, 2);
    ck_assert_uint_eq(l.used, 2);
    for (size_t j = 0; j < M; j++)
        sum += pow((d[j] - value) * l.v[j], 2);
    ck_assert(residual > 1e-3);
    expect_relative(residual, sqrt(sum), 1e-10);
    expect_orthonormal(&l, 2 + B);
    lln_lanczos_close(&l);
}
END_TEST

/* A given block is made orthonormal; a lost direction becomes random. */
START_TEST(start_given)
{
    double d[M];
    lln_lanczos l;
    fill(d);
    expect_ok(lln_lanczos_open(apply, d, M, 2, 10, &l));
    for (size_t j = 0; j < M; j++)
        l.y[j] = l.y[M + j] = 5;
    l.scale = 1;
    expect_ok(lln_lanczos_start_from(&l));
    for (size_t j = 0; j < M; j++)
        expect_absolute(fabs(l.v[j]), 1 / sqrt(M), 1e-14);
    expect_orthonormal(&l, 2);
    ck_assert_uint_eq(l.drawn, 1);
    lln_lanczos_close(&l);
    lln_lanczos_close(&l); /* zeroed */
}
END_TEST

START_TEST(draw_again)
{
    lln_lanczos a, b;
    expect_ok(lln_lanczos_open(apply, NULL, M, 1, 4, &a));
    expect_ok(lln_lanczos_open(apply, NULL, M, 1, 4, &b));
    lln_lanczos_draw(&a, 0);
    lln_lanczos_draw(&b, 0);
    ck_assert_mem_eq(a.y, b.y, M * sizeof *a.y);
    lln_lanczos_draw(&b, 0);
    for (size_t j = 0; j < M; j++)
        ck_assert(fabs(a.y[j]) < 1 && a.y[j] != b.y[j]);
    lln_lanczos_close(&a);
    lln_lanczos_close(&b);
}
END_TEST

START_TEST(expand_refused)
{
    lln_lanczos l;
    expect_ok(lln_lanczos_open(refuse, NULL, M, B, MOST, &l));
    expect_ok(lln_lanczos_start(&l));
    expect_status(lln_lanczos_expand(&l), LLN_EINTERRUPTED);
    lln_lanczos_close(&l);
}
END_TEST

/* 100 vectors and two blocks of 7, and three matrices. */
START_TEST(bytes_counted)
{
    ck_assert(lln_lanczos_bytes(1000, 7, 100) ==
              8 * (1000.0 * 114 + 3 * 10000.0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lanczos");
    TCase *lanczos = tcase_create("lanczos");
    tcase_add_test(lanczos, expand_ritz);
    tcase_add_test(lanczos, residual_product);
    tcase_add_test(lanczos, start_given);
    tcase_add_test(lanczos, draw_again);
    tcase_add_test(lanczos, expand_refused);
    tcase_add_test(lanczos, bytes_counted);
    suite_add_tcase(suite, lanczos);
    return run_suite(suite);
}
