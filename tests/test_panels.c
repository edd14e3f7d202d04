/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Panels against dense rows, which another path computes, and against the
 * statistics of the pass over rows. */
#include "measure/panels.h"

#include <stdatomic.h>

#include "core/threads.h"
#include "given_matrix.h"
#include "shapes.h"

typedef struct {
    const double *p; /* [n x m] */
    size_t m;
    const lln_row *rows; /* of the list */
    const size_t *list;  /* NULL: all rows */
    double tolerance;
    atomic_size_t seen;                /* rows */
    size_t next[LLN_PANEL_GROUPS];     /* the least index that may come */
    double sums[LLN_PANEL_GROUPS][64]; /* of P_ij (j mod 64) */
} expected;

static void check_row(expected *e, const lln_panel *panel, size_t i)
{
    const double *p = e->p + panel->queries[i] * e->m;
    const lln_row *row = &panel->statistics[i];
    const lln_row *wanted = &e->rows[panel->index + i];
    double worst = 0, sum = 0;
    size_t keys = 0, stray = 0;
    for (size_t j = 0; j < e->m; j++) {
        bool inside = j >= panel->low && j < panel->high;
        size_t at = i * panel->stride + j - panel->low;
        double w = !inside ? 0
                   : panel->precision == LLN_FLOAT32
                       ? (double)((const float *)panel->weights)[at]
                       : ((const double *)panel->weights)[at];
        worst = fmax(worst, fabs(panel->scale[i] * w - p[j]));
        worst = fmax(worst, fabs(lln_panel_entry(panel, i, j) - p[j]));
        keys += lln_panel_sees(panel, i, j);
        sum += p[j];
        bool seen = inside && lln_panel_sees(panel, i, j);
        stray += !seen && p[j] != 0;
    }
    ck_assert_uint_eq(stray, 0); /* Check writes to a file in each call */
    expect_absolute(worst, 0, e->tolerance);
    expect_absolute(panel->sums[i], sum, 20 * e->tolerance + 1e-14);
    ck_assert_uint_eq(keys, panel->keys[i]);
    expect_absolute(row->entropy, wanted->entropy, 10 * e->tolerance);
    expect_relative(row->sum_squares, wanted->sum_squares, 10 * e->tolerance);
    expect_absolute(row->sum, wanted->sum, e->tolerance);
    const char *first = lln_panel_row(panel, i);
    ck_assert_ptr_eq(first,
                     (const char *)panel->weights +
                         (i * panel->stride + panel->first[i] - panel->low) *
                             lln_precision_size(panel->precision));
}

static void check_panel(void *context, int thread, const lln_panel *panel)
{
    expected *e = context;
    ck_assert(thread >= 0 && thread < lln_threads_count());
    ck_assert_uint_le(e->next[panel->group], panel->index);
    e->next[panel->group] = panel->index + panel->rows;
    e->seen += panel->rows;
    for (size_t i = 0; i < panel->rows; i++) {
        ck_assert_uint_eq(panel->queries[i], e->list ? e->list[panel->index + i]
                                                     : panel->index + i);
        check_row(e, panel, i);
    }
}

/* All rows, and a list of some in no order. */
static void check_attention(lln_attention *attention, double tolerance)
{
    size_t n = attention->n,
           list[5] = {n - 1, n / 2, (n / 2 + 1) % n, 0, n / 3};
    double *p = dense_rows(attention);
    lln_row *rows = lln_array_alloc(n + 5, sizeof *rows);
    for (int listed = 0; listed < 2; listed++) {
        const size_t *queries = listed ? list : NULL;
        size_t count = listed ? 5 : n;
        expect_ok(
            lln_rows_measure(attention, queries, count, LLN_ROW_ENTROPY, rows));
        expected e = {p, attention->m, rows, queries, tolerance, 0, {0}, {{0}}};
        expect_ok(lln_panels_visit(attention, queries, count, LLN_ROW_ENTROPY,
                                   check_panel, &e));
        ck_assert_uint_eq(e.seen, count);
    }
    free(rows);
    free(p);
}

static void check_head(lln_head *head, const char *kernel, double tolerance)
{
    lln_attention attention;
    open_kernel(kernel, head, NULL, 0, &attention);
    check_attention(&attention, tolerance);
    lln_attention_close(&attention);
}

START_TEST(visit_tiles)
{
    for (int single = 0; single < 2; single++) {
        lln_head head = shape_head(_i, 2, single ? LLN_FLOAT32 : LLN_FLOAT64);
        double tolerance = single ? 1e-5 : 1e-13;
        check_head(&head, "softmax", tolerance);
        check_head(&head, "lln:alpha=1.5:beta=2", tolerance);
        head.rule.has_sink = true;
        head.rule.sink = 0.7;
        check_head(&head, "softmax", tolerance);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(visit_rows)
{
    static const char *kernels[] = {"elu", "relu", "kvt:k=3", "gla"};
    for (size_t k = 0; k < 4; k++) {
        lln_head head =
            dense_head(90, 90, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
        check_head(&head, kernels[k], 1e-13);
        lln_head_free(&head);
    }
}
END_TEST

/* Negative entries and rows of any sum. */
START_TEST(visit_given)
{
    double p[40 * 9];
    draw_numbers(3, 40 * 9, 1, p);
    lln_attention attention = given_attention(p, 40, 9);
    check_attention(&attention, 0);
}
END_TEST

/* Logits of thousands: the weights of early tiles vanish, and none is NaN. */
START_TEST(visit_huge_logits)
{
    for (int single = 0; single < 2; single++) {
        lln_head head = dense_head(20, 2000, 4, 60, (lln_mask){0},
                                   single ? LLN_FLOAT32 : LLN_FLOAT64);
        check_head(&head, "softmax", single ? 2e-3 : 1e-11);
        lln_head_free(&head);
    }
}
END_TEST

/* Keys that the mask hides count as seen by nobody. */
START_TEST(visit_hidden)
{
    static hidden_mask hidden;
    hidden_fill(&hidden);
    for (int single = 0; single < 2; single++) {
        lln_head head =
            dense_head(HIDDEN_N, HIDDEN_M, 4, 2, (lln_mask){.causal = _i > 0},
                       single ? LLN_FLOAT32 : LLN_FLOAT64);
        unsigned char *flag = &hidden.flags[4 * HIDDEN_M];
        head.rule.bias = &hidden.bias;
        check_head(&head, "softmax", single ? 1e-5 : 1e-13);
        *flag = 1; /* kvt has no rows without keys */
        check_head(&head, "kvt:k=3", 1e-13);
        *flag = 0;
        lln_head_free(&head);
    }
}
END_TEST

/* Which rows form a panel, and so each sum by groups, does not depend on the
 * number of threads. */
static void add_columns(void *context, int thread, const lln_panel *panel)
{
    expected *e = context;
    (void)thread;
    for (size_t i = 0; i < panel->rows; i++)
        for (size_t j = panel->first[i]; j < panel->end[i]; j++)
            e->sums[panel->group][j % 64] += lln_panel_entry(panel, i, j);
}

START_TEST(visit_any_threads)
{
    lln_head head =
        dense_head(2000, 2000, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT32);
    lln_attention attention;
    expected one = {0}, two = {0};
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_threads_set(1);
    expect_ok(lln_panels_visit(&attention, NULL, 0, 0, add_columns, &one));
    lln_threads_set(2);
    expect_ok(lln_panels_visit(&attention, NULL, 0, 0, add_columns, &two));
    ck_assert_mem_eq(one.sums, two.sums, sizeof one.sums);
    double sum = 0;
    for (size_t g = 0; g < LLN_PANEL_GROUPS; g++)
        for (size_t j = 0; j < 64; j++)
            sum += one.sums[g][j];
    expect_relative(sum, 2000, 1e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Two visitors, and the rows. */
START_TEST(measure_rows)
{
    lln_head head = dense_head(60, 300, 4, 2, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    expected one = {0}, two = {0};
    lln_row rows[60], plain[60];
    const lln_panel_visitor visitors[] = {{add_columns, &one},
                                          {add_columns, &two}};
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_rows_measure(&attention, NULL, 60, LLN_ROW_SHAPE, plain));
    for (size_t count = 0; count < 3; count += 2) {
        memset(rows, 0, sizeof rows);
        expect_ok(lln_panels_measure(&attention, NULL, 60, LLN_ROW_SHAPE,
                                     visitors, count, rows));
        for (size_t i = 0; i < 60; i++) {
            expect_relative(rows[i].varentropy, plain[i].varentropy, 1e-12);
            expect_relative(rows[i].log_norm, plain[i].log_norm, 1e-12);
        }
    }
    ck_assert_mem_eq(one.sums, two.sums, sizeof one.sums);
    ck_assert(one.sums[0][0] > 0);
    expect_ok(lln_panels_measure(&attention, NULL, 60, 0, NULL, 0, NULL));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(visit_faults)
{
    lln_attention empty = {.n = 0, .m = 3};
    double p[4] = {1, 0, 0, 1};
    lln_attention attention = given_attention(p, 2, 2);
    expected e = {0};
    size_t list[1] = {0};
    expect_status(lln_panels_visit(&empty, NULL, 0, 0, add_columns, &e),
                  LLN_EINVAL);
    expect_status(lln_panels_visit(&attention, list, 0, 0, add_columns, &e),
                  LLN_EINVAL);
    lln_stop_requested = 1;
    expect_status(lln_panels_visit(&attention, NULL, 0, 0, add_columns, &e),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    ck_assert_double_eq(e.sums[0][0], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panels");
    TCase *visit = tcase_create("lln_panels_visit");
    tcase_set_timeout(visit, 120);
    tcase_add_loop_test(visit, visit_tiles, 0, SHAPE_COUNT);
    tcase_add_test(visit, visit_rows);
    tcase_add_test(visit, visit_given);
    tcase_add_test(visit, visit_huge_logits);
    tcase_add_loop_test(visit, visit_hidden, 0, 2);
    tcase_add_test(visit, visit_any_threads);
    tcase_add_test(visit, visit_faults);
    suite_add_tcase(suite, visit);
    TCase *measure = tcase_create("lln_panels_measure");
    tcase_add_test(measure, measure_rows);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
