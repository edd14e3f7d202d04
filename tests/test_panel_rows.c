/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Single panels against dense rows, which another path computes. What a whole
 * pass does is in test_panels.c. */
#include "measure/panel_rows.h"

#include "dense.h"

enum { N = 9, M = 700, ROWS = 3 };

static void check_panel(const lln_panel *panel, const double *p,
                        const size_t *queries, double tolerance)
{
    for (size_t i = 0; i < ROWS; i++) {
        const double *row = p + queries[i] * M;
        double sum = 0;
        ck_assert_uint_eq(panel->queries[i], queries[i]);
        ck_assert_uint_eq(panel->first[i], 0);
        ck_assert_uint_eq(panel->end[i], queries[i] + M - N + 1);
        ck_assert_uint_eq(panel->keys[i], panel->end[i]);
        for (size_t j = 0; j < M; j++) {
            expect_absolute(lln_panel_entry(panel, i, j), row[j], tolerance);
            sum += row[j];
        }
        expect_absolute(panel->sums[i], sum, tolerance);
    }
}

static const struct {
    const char *kernel; /* by tiles, with logits and without; by rows */
    lln_precision precision;
    double tolerance;
} KINDS[] = {{"softmax", LLN_FLOAT64, 1e-14},
             {"softmax", LLN_FLOAT32, 1e-6},
             {"elu", LLN_FLOAT64, 1e-14},
             {"relu", LLN_FLOAT64, 1e-14}};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

/* Two panels with the same scratch: of consecutive rows, and of a list. */
START_TEST(fill_causal)
{
    static const size_t after[ROWS] = {4, 5, 6}, list[ROWS] = {8, 0, 5};
    lln_head head =
        dense_head(N, M, 4, 1, (lln_mask){.causal = true}, KINDS[_i].precision);
    lln_attention attention;
    lln_panel_work *work;
    open_kernel(KINDS[_i].kernel, &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    lln_panel panel = {.index = 4, .rows = ROWS};
    expect_ok(
        lln_panel_work_alloc(&attention, LLN_ROW_ENTROPY, ROWS, M, &work));
    expect_ok(lln_panel_fill(work, NULL, &panel));
    check_panel(&panel, p, after, KINDS[_i].tolerance);
    expect_ok(lln_panel_fill(work, list, &panel));
    check_panel(&panel, p, list, KINDS[_i].tolerance);
    lln_panel_work_free(work);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

START_TEST(free_null)
{
    lln_panel_work_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panel_rows");
    TCase *fill = tcase_create("lln_panel_fill");
    TCase *release = tcase_create("lln_panel_work_free");
    tcase_add_loop_test(fill, fill_causal, 0, KIND_COUNT);
    tcase_add_test(release, free_null);
    suite_add_tcase(suite, fill);
    suite_add_tcase(suite, release);
    return run_suite(suite);
}
