/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of the first tokens from one pass, against a pass over a head that has
 * only these tokens. */
#include "measure/beginnings.h"

#include "dense.h"

enum { LENGTHS = 7, MOST = 1100 };

/* Around the ends of tiles, with one that is too short if there are fewer
 * queries, and one that is too long. */
static const size_t lengths[LENGTHS] = {1, 16, 511, 512, 513, 1024, 1101};

static void open_beginning(const char *kernel, const lln_head *head,
                           const lln_beginning *at, lln_attention *attention)
{
    lln_head cut = *head;
    cut.q.rows = at->queries;
    cut.k.rows = at->keys;
    open_kernel(kernel, &cut, NULL, 0, attention);
}

/* Scores may be logits minus a number that depends on all keys. */
static void expect_same(const lln_row *row, const lln_row *wanted, bool logits,
                        double tolerance)
{
    ck_assert_uint_eq(row->keys, wanted->keys);
    expect_relative(row->entropy, wanted->entropy, tolerance);
    expect_relative(row->sum_squares, wanted->sum_squares, tolerance);
    expect_relative(row->top, wanted->top, tolerance);
    if (row->keys > 0)
        expect_absolute(row->log_norm - row->max,
                        wanted->log_norm - wanted->max, 10 * tolerance);
    if (logits)
        expect_relative(row->logit, wanted->logit, 10 * tolerance);
    expect_relative(row->sum, wanted->sum, tolerance);
    expect_relative(row->outside, wanted->outside, tolerance);
}

/* The rows of one beginning; queries [count] lists those of the pass, NULL:
 * all. */
static void check_one(const char *kernel, const lln_head *head,
                      const lln_beginning *at, const size_t *queries,
                      size_t count, const lln_row *rows, double tolerance)
{
    lln_attention cut;
    lln_row *wanted = calloc(MOST, sizeof *wanted);
    if (at->queries == 0) {
        free(wanted);
        return;
    }
    open_beginning(kernel, head, at, &cut);
    expect_ok(
        lln_rows_measure(&cut, NULL, at->queries, LLN_ROW_ENTROPY, wanted));
    for (size_t i = 0; i < count; i++) {
        size_t query = queries ? queries[i] : i;
        if (query < at->queries)
            expect_same(&rows[i], &wanted[query], cut.tiles.scaled_scores,
                        tolerance);
    }
    lln_attention_close(&cut);
    free(wanted);
}

static void check(const char *kernel, const lln_head *head,
                  const size_t *queries, size_t count)
{
    double tolerance = head->q.precision == LLN_FLOAT32 ? 1e-5 : 1e-13;
    size_t n = head->q.rows, m = head->k.rows;
    lln_beginning at[LENGTHS];
    lln_row *rows[LENGTHS], *again[LENGTHS];
    lln_attention attention;
    open_kernel(kernel, head, NULL, 0, &attention);
    for (size_t t = 0; t < LENGTHS; t++) {
        at[t] = lln_beginning_find(head->rule.mask, n, m, lengths[t]);
        rows[t] = calloc(MOST, sizeof **rows);
        again[t] = calloc(MOST, sizeof **rows);
    }
    lln_threads_set(1);
    expect_ok(
        lln_beginnings_measure(&attention, queries, count, at, LENGTHS, rows));
    lln_threads_set(3);
    expect_ok(
        lln_beginnings_measure(&attention, queries, count, at, LENGTHS, again));
    for (size_t t = 0; t < LENGTHS; t++) {
        check_one(kernel, head, &at[t], queries, count, rows[t], tolerance);
        ck_assert_mem_eq(rows[t], again[t], MOST * sizeof **rows);
        free(rows[t]);
        free(again[t]);
    }
    lln_attention_close(&attention);
}

/* Documents of 1, 2, 3, ... tokens. */
static void make_documents(size_t *first, size_t *end, size_t count)
{
    size_t size = 1;
    for (size_t start = 0; start < count; start += size++)
        for (size_t j = start; j < count && j < start + size; j++) {
            first[j] = start;
            end[j] = start + size < count ? start + size : count;
        }
}

START_TEST(measure_masks)
{
    static size_t first[MOST], end[MOST];
    const lln_documents documents = {MOST, first, end};
    make_documents(first, end, MOST);
    const lln_mask masks[] = {{0},
                              {.causal = true},
                              {.window = 20},
                              {.window = 5, .right = 700},
                              {.causal = true, .window = 30},
                              {.chunk = 100},
                              {.causal = true, .prefix = 600},
                              {.documents = &documents}};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        lln_precision precision = _i ? LLN_FLOAT64 : LLN_FLOAT32;
        lln_head head = dense_head(MOST, MOST, 8, 1.5, masks[i], precision);
        check("softmax", &head, NULL, MOST);
        if (i < 4)
            check("lln:alpha=1.1:beta=0.9", &head, NULL, MOST);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(measure_fewer_queries)
{
    lln_mask masks[] = {{.window = 400},
                        {.window = 400, .top = true},
                        {.causal = true, .prefix = 30}};
    lln_head head =
        dense_head(MOST - 500, MOST, 8, 1.5, masks[_i], LLN_FLOAT64);
    check("softmax", &head, NULL, MOST - 500);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_listed)
{
    static const size_t queries[] = {0, 1, 15, 16, 300, 511, 512, 1023, 1099};
    lln_head head = dense_head(MOST, MOST, 8, 1.5, (lln_mask){0}, LLN_FLOAT64);
    check("softmax", &head, queries, sizeof queries / sizeof *queries);
    head.rule.has_sink = true;
    head.rule.sink = 3;
    check("softmax", &head, queries, sizeof queries / sizeof *queries);
    lln_head_free(&head);
}
END_TEST

/* Query 1 sees no key among the first three: 3 tokens, of which distance 2 and
 * more is hidden before it and distances up to 1 are hidden after it. */
START_TEST(measure_hidden_keys)
{
    static const double hidden = -INFINITY;
    double by_distance[2 * MOST - 1] = {0};
    lln_logit_bias bias = {
        .by_distance = by_distance, .zero = MOST - 1, .hides = true};
    lln_head head = dense_head(MOST, MOST, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    for (size_t r = 0; r < 2 * MOST - 1; r += 3)
        by_distance[r] = hidden;
    for (size_t r = MOST - 2; r < MOST + 14; r++)
        by_distance[r] = hidden; /* distances from -1 to 14 */
    head.rule.bias = &bias;
    check("softmax", &head, NULL, MOST);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_refuses)
{
    lln_head head = dense_head(8, 8, 2, 1, (lln_mask){0}, LLN_FLOAT64);
    const lln_beginning at = {4, 4};
    lln_row rows[8], *out = rows;
    lln_attention attention;
    open_kernel("kvt:k=2", &head, NULL, 0, &attention);
    expect_status(lln_beginnings_measure(&attention, NULL, 8, &at, 1, &out),
                  LLN_EINVAL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Beginnings without tokens are ignored, also if there are no others. */
START_TEST(measure_none)
{
    lln_head head = dense_head(8, 8, 2, 1, (lln_mask){0}, LLN_FLOAT64);
    const lln_beginning at[] = {{0, 0}, {0, 0}};
    lln_row *out[] = {NULL, NULL};
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_beginnings_measure(&attention, NULL, 8, at, 2, out));
    expect_ok(lln_beginnings_measure(&attention, NULL, 8, at, 0, NULL));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("beginnings");
    TCase *measure = tcase_create("measure");
    tcase_set_timeout(measure, 120);
    tcase_add_loop_test(measure, measure_masks, 0, 2);
    tcase_add_loop_test(measure, measure_fewer_queries, 0, 3);
    tcase_add_test(measure, measure_listed);
    tcase_add_test(measure, measure_hidden_keys);
    tcase_add_test(measure, measure_refuses);
    tcase_add_test(measure, measure_none);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
