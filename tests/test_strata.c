/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows that represent all rows, on heads whose order of rows is known. */
#include "match/strata.h"

#include "core/memory.h"
#include "expect.h"

enum { N = 640, D = 2, COUNT = 10 };

/* Queries (c, -c) with c from 0 to 3: the log-variance of a row, to first
 * order, grows with c from half the variance of the keys' feature to all of it.
 * Strata are therefore runs of 64 rows, represented by their middle rows 32,
 * 96, ... If the rows are shuffled by i -> 37 i mod N, so is the choice. */
START_TEST(strata_in_order)
{
    static double q[N * D], k[N * D];
    size_t rows[COUNT];
    bool wanted[N] = {false};
    for (size_t i = 0; i < N; i++) {
        size_t at = _i ? 37 * i % N : i;
        q[at * D] = 3.0 * (double)i / N;
        q[at * D + 1] = -q[at * D];
        k[i * D] = sin((double)i);
        k[i * D + 1] = cos((double)i);
        if (i % 64 == 32)
            wanted[at] = true;
    }
    lln_head head = {.q = {LLN_FLOAT64, N, D, q}, .k = {LLN_FLOAT64, N, D, k}};
    expect_ok(lln_strata_choose(&head, 1, 1e-3, COUNT, rows));
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_msg(wanted[rows[i]], "row %zu", rows[i]);
        ck_assert(i == 0 || rows[i] > rows[i - 1]);
    }
}
END_TEST

/* Odd rows differ from even ones: they are chosen as often, also among rows
 * with equal values. */
START_TEST(strata_period)
{
    enum { MANY = 32768 };
    double *q = calloc(MANY * D, sizeof *q), k[N * D];
    size_t rows[200], odd = 0;
    for (size_t i = 0; i < MANY; i++) {
        q[i * D + i % 2] = _i ? 3 : (double)(i % 2);
        k[i % N * D] = k[i % N * D + 1] = sin((double)(i % N));
    }
    lln_head head = {.q = {LLN_FLOAT64, MANY, D, q},
                     .k = {LLN_FLOAT64, N, D, k}};
    expect_ok(lln_strata_choose(&head, 1, 1e-3, 200, rows));
    for (size_t i = 0; i < 200; i++)
        odd += rows[i] % 2;
    ck_assert(odd > 70 && odd < 130);
    free(q);
}
END_TEST

/* As many rows as the head has, and one row. */
START_TEST(strata_all)
{
    static const double q[] = {3, 1, 2}, k[] = {1, -1};
    size_t rows[3], one;
    lln_head head = {.q = {LLN_FLOAT64, 3, 1, q}, .k = {LLN_FLOAT64, 2, 1, k}};
    expect_ok(lln_strata_choose(&head, 1, 1, 3, rows));
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(rows[i], i);
    head.q.rows = 1;
    expect_ok(lln_strata_choose(&head, 1, 1, 1, &one));
    ck_assert_uint_eq(one, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strata");
    TCase *choose = tcase_create("choose");
    tcase_add_loop_test(choose, strata_in_order, 0, 2);
    tcase_add_loop_test(choose, strata_period, 0, 2);
    tcase_add_test(choose, strata_all);
    suite_add_tcase(suite, choose);
    return run_suite(suite);
}
