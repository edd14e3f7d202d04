/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One panel, computed on its own; passes over all are in test_panels.c. */
#include "measure/panel_rows.h"

#include "dense.h"
#include "given_matrix.h"

START_TEST(fill_tiles)
{
    lln_head head = dense_head(6, 700, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    const size_t queries[] = {5, 0};
    lln_attention attention;
    lln_panel_work *work;
    lln_panel panel = {.rows = 2};
    open_kernel("softmax", &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    expect_ok(lln_panel_work_alloc(&attention, LLN_ROW_ENTROPY, 2, 700, &work));
    expect_ok(lln_panel_fill(work, queries, &panel));
    ck_assert_uint_eq(panel.low, 0);
    ck_assert_uint_eq(panel.high, 700);
    for (size_t j = 0; j < 700; j++)
        expect_absolute(lln_panel_entry(&panel, 0, j), p[5 * 700 + j], 1e-15);
    ck_assert_uint_eq(panel.queries[1], 0);
    panel = (lln_panel){.rows = 1, .index = 3};
    expect_ok(lln_panel_fill(work, NULL, &panel));
    expect_absolute(lln_panel_entry(&panel, 0, 650), p[3 * 700 + 650], 1e-15);
    lln_panel_work_free(work);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

START_TEST(fill_rows)
{
    double p[6] = {1, 0, 0.5, -0.25, 0.75, 0.25};
    lln_attention attention = given_attention(p, 3, 2);
    lln_panel_work *work;
    lln_panel panel = {.rows = 2, .index = 1};
    expect_ok(lln_panel_work_alloc(&attention, 0, 2, 2, &work));
    expect_ok(lln_panel_fill(work, NULL, &panel));
    ck_assert_double_eq(panel.sums[0], 0.25);
    ck_assert_double_eq(panel.statistics[0].negative, 0.25);
    ck_assert_uint_eq(panel.keys[1], 2);
    lln_panel_work_free(work);
    lln_panel_work_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panel_rows");
    TCase *fill = tcase_create("lln_panel_fill");
    tcase_add_test(fill, fill_tiles);
    tcase_add_test(fill, fill_rows);
    suite_add_tcase(suite, fill);
    return run_suite(suite);
}
