/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Near-duplicates of a layer are those of lln_pair_measure with the drawn rows,
 * whatever the order and the threads. */
#include "measure/duplicates.h"

#include "dense.h"
#include "measure/pair.h"
#include "measure/row_sample.h"

enum { HEADS = 6, N = 70, SEED = 3 };

/* Heads of a layer; head 4 is nearly head 1. */
typedef struct {
    lln_head heads[HEADS];
    lln_attention attention[HEADS];
} layer;

static void open_layer(layer *out)
{
    for (size_t i = 0; i < HEADS; i++) {
        size_t d = i == 4 ? 4 : 3 + i;
        lln_mask mask = {.causal = true};
        out->heads[i] = dense_head(N, N, d, 1, mask, LLN_FLOAT32);
        out->heads[i].rule.scale = i == 4 ? 0.55 : 1 / sqrt((double)d);
        open_kernel("softmax", &out->heads[i], NULL, 0, &out->attention[i]);
    }
}

static void close_layer(layer *l)
{
    for (size_t i = 0; i < HEADS; i++) {
        lln_attention_close(&l->attention[i]);
        lln_head_free(&l->heads[i]);
    }
}

static double measure_pair(layer *l, size_t a, size_t b)
{
    size_t rows[LLN_DUPLICATES_ROWS];
    lln_pair pair;
    const lln_pair_options options = {
        .queries = rows, .count = LLN_DUPLICATES_ROWS, .distances = true};
    expect_ok(lln_rows_draw(N, LLN_DUPLICATES_ROWS, SEED, 0, rows));
    expect_ok(lln_pair_measure(&l->attention[a], &l->attention[b], &options,
                               &pair, NULL));
    return pair.js;
}

static void expect_found(const lln_duplicates *all, layer *l, double threshold)
{
    lln_duplicates_found found = lln_duplicates_find(all);
    size_t below = 0;
    double least = INFINITY;
    for (size_t a = 0; a < HEADS; a++)
        for (size_t b = a + 1; b < HEADS; b++) {
            double js = measure_pair(l, a, b);
            below += js < threshold;
            least = fmin(js, least);
        }
    ck_assert_uint_eq(found.pairs, HEADS * (HEADS - 1) / 2);
    ck_assert_uint_eq(found.below, below);
    expect_relative(found.js, least, 0);
    ck_assert_uint_eq(found.head, 1);
    ck_assert_uint_eq(found.other, 4);
}

/* Thresholds below all pairs, between them and above them. */
START_TEST(any_order)
{
    static const size_t orders[3][HEADS] = {
        {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 1, 5, 0, 4, 2}};
    static const double thresholds[3] = {0, 0.1, 0.7};
    layer l;
    open_layer(&l);
    for (int order = 0; order < 3; order++) {
        lln_duplicates *all;
        expect_ok(lln_duplicates_open(HEADS, thresholds[_i], &all));
        for (size_t i = 0; i < HEADS; i++) {
            size_t head = orders[order][i];
            expect_ok(lln_duplicates_add(all, head, SEED, &l.attention[head]));
        }
        expect_found(all, &l, thresholds[_i]);
        lln_duplicates_close(all);
    }
    close_layer(&l);
}
END_TEST

START_TEST(several_threads)
{
    layer l;
    lln_duplicates *all;
    open_layer(&l);
    for (int repeat = 0; repeat < 20; repeat++) {
        expect_ok(lln_duplicates_open(HEADS, 0.1, &all));
        lln_status status[HEADS];
#pragma omp parallel for schedule(dynamic, 1) num_threads(4)
        for (size_t i = 0; i < HEADS; i++)
            status[i] = lln_duplicates_add(all, i, SEED, &l.attention[i]);
        for (size_t i = 0; i < HEADS; i++)
            ck_assert_int_eq(status[i], LLN_OK);
        expect_found(all, &l, 0.1);
        lln_duplicates_close(all);
    }
    close_layer(&l);
}
END_TEST

/* Of equal pairs, the first: heads 7, 8 and 9 are the same. */
START_TEST(ties)
{
    layer l;
    lln_duplicates *all;
    open_layer(&l);
    expect_ok(lln_duplicates_open(3, 0.05, &all));
    for (size_t i = 9; i >= 7; i--)
        expect_ok(lln_duplicates_add(all, i, SEED, &l.attention[0]));
    lln_duplicates_found found = lln_duplicates_find(all);
    ck_assert_double_eq(found.js, 0);
    ck_assert_uint_eq(found.below, 3);
    ck_assert_uint_eq(found.head, 7);
    ck_assert_uint_eq(found.other, 8);
    lln_duplicates_close(all);
    close_layer(&l);
}
END_TEST

/* A layer of one head, a head that is added twice, and one too many. */
START_TEST(few_heads)
{
    layer l;
    lln_duplicates *all;
    open_layer(&l);
    for (size_t heads = 1; heads < 3; heads++) {
        expect_ok(lln_duplicates_open(heads, 0.05, &all));
        for (size_t i = 0; i < 2 * heads; i++)
            expect_ok(lln_duplicates_add(all, i / 2, SEED,
                                         &l.attention[2 * (i / 2)]));
        lln_duplicates_found found = lln_duplicates_find(all);
        ck_assert_uint_eq(found.pairs, heads - 1);
        ck_assert_uint_eq(found.below, 0);
        ck_assert(heads == 1 ? isnan(found.js)
                             : found.js == measure_pair(&l, 0, 2));
        expect_status(lln_duplicates_add(all, 5, SEED, &l.attention[5]),
                      LLN_EINVAL);
        lln_duplicates_close(all);
    }
    close_layer(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("duplicates");
    TCase *add = tcase_create("lln_duplicates_add");
    tcase_add_loop_test(add, any_order, 0, 3);
    tcase_add_test(add, several_threads);
    tcase_add_test(add, ties);
    tcase_add_test(add, few_heads);
    suite_add_tcase(suite, add);
    return run_suite(suite);
}
