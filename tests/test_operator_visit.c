/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pass over rows meets each block once, in the order of its group. */
#include "measure/operator_visit.h"

#include "core/progress.h"
#include "core/threads.h"
#include "given_matrix.h"
#include "head_cases.h"

enum { N = 70, M = 9 };

typedef struct {
    const double *p;
    size_t rows[LLN_OPERATOR_GROUPS];
} visited;

static void note(const lln_operator *op, const struct lln_operator_block *block,
                 size_t group, void *context)
{
    visited *seen = context;
    ck_assert_uint_eq(block->first / LLN_OPERATOR_BLOCK_ROWS, group);
    ck_assert_mem_eq(block->weights, seen->p + block->first * op->m,
                     block->rows * op->m * sizeof *seen->p);
    seen->rows[group] += block->rows;
}

START_TEST(visit_each)
{
    static const size_t rows[LLN_OPERATOR_GROUPS] = {32, 32, 6};
    double p[N * M];
    visited seen = {.p = p};
    lln_operator op;
    draw_numbers(3, N * M, 1, p);
    lln_attention attention = given_attention(p, N, M);
    expect_ok(lln_operator_open(&attention, _i ? SIZE_MAX : 0, &op));
    ck_assert(!lln_operator_own_products(&op));
    expect_ok(lln_operator_visit(&op, note, &seen));
    ck_assert_mem_eq(seen.rows, rows, sizeof rows);
    lln_stop_requested = 1;
    expect_status(lln_operator_visit(&op, note, &seen), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_operator_close(&op);
}
END_TEST

START_TEST(count_pass)
{
    lln_operator op = {.n = 7};
    size_t begun = lln_rows_begun, done = lln_rows_done;
    lln_operator_count_pass(&op);
    ck_assert_uint_eq(lln_rows_begun, begun + 7);
    ck_assert_uint_eq(lln_rows_done, done + 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operator_visit");
    TCase *visit = tcase_create("operator_visit");
    tcase_add_loop_test(visit, visit_each, 0, 2);
    tcase_add_test(visit, count_pass);
    suite_add_tcase(suite, visit);
    return run_suite(suite);
}
