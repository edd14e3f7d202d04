/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparison of all pairs of several heads with that of each pair. */
#include "measure/pair.h"

#include "dense.h"

/* All pairs of several heads: the same bits as pair by pair. By scores; in two
 * precisions, since the logits of the last heads are large; by scores of
 * features; by entries. */
START_TEST(several_heads)
{
    enum { HEADS = 5, ROWS = 40, KEYS = 600, SAMPLE = 3 };
    static const char *const kernels[] = {"softmax", "lln:alpha=1:beta=1",
                                          "elu", "topth:k=9"};
    const size_t list[SAMPLE] = {3, 9, 30};
    lln_head heads[HEADS];
    lln_attention attention[HEADS];
    lln_pair_side sides[HEADS];
    lln_pair all[HEADS * HEADS], errors[HEADS * HEADS], one, error;
    const size_t heads_in_order[HEADS] = {0, 1, 2, 3, 4};
    const lln_pair_list lists[2] = {{heads_in_order, HEADS},
                                    {heads_in_order, HEADS}};
    lln_pair_options options = {.top = 10, .distances = true};
    lln_mask mask = {.causal = _i & 1};
    for (int i = 0; i < HEADS; i++) {
        heads[i] = dense_head(ROWS, KEYS, 4, _i & 2 ? 1.0 + i : 1 + 0.1 * i,
                              mask, LLN_FLOAT32);
        open_kernel(kernels[_i / 4], &heads[i], NULL, 0, &attention[i]);
        sides[i] = (lln_pair_side){&attention[i], heads[i].k};
    }
    options.queries = _i & 1 ? list : NULL;
    options.count = SAMPLE;
    expect_ok(lln_pairs_measure(sides, HEADS, lists, &options, all, errors));
    for (size_t i = 0; i < HEADS * HEADS; i++) {
        options.values = sides[i / HEADS].values;
        options.other_values = sides[i % HEADS].values;
        expect_ok(lln_pair_measure(&attention[i / HEADS], &attention[i % HEADS],
                                   &options, &one, &error));
        ck_assert_mem_eq(&one, &all[i], sizeof one);
        ck_assert_mem_eq(&error, &errors[i], sizeof error);
        ck_assert((one.js > 1e-5) == (i / HEADS != i % HEADS));
    }
    for (size_t i = 0; i < HEADS; i++) {
        lln_attention_close(&attention[i]);
        lln_head_free(&heads[i]);
    }
}
END_TEST

/* Many heads and rows: more than one part, of which the last is smaller. Some
 * of the heads as P, and others as R. */
START_TEST(parts)
{
    enum { HEADS = 7, ROWS = 1600, KEYS = 40 };
    static const size_t all_heads[HEADS] = {0, 1, 2, 3, 4, 5, 6};
    static const size_t some[] = {5, 0}, others[] = {1, 5, 6};
    const lln_pair_list lists[][2] = {{{all_heads, HEADS}, {all_heads, HEADS}},
                                      {{some, 2}, {others, 3}},
                                      {{some, 1}, {all_heads, HEADS}}};
    const lln_pair_list *list = lists[_i];
    lln_head heads[HEADS];
    lln_attention attention[HEADS];
    lln_pair_side sides[HEADS];
    lln_pair out[HEADS * HEADS], one;
    const lln_pair_options options = {.distances = true};
    for (int i = 0; i < HEADS; i++) {
        heads[i] =
            dense_head(ROWS, KEYS, 4, 1 + 0.1 * i, (lln_mask){0}, LLN_FLOAT32);
        open_kernel("softmax", &heads[i], NULL, 0, &attention[i]);
        sides[i] = (lln_pair_side){&attention[i], {0}};
    }
    expect_ok(lln_pairs_measure(sides, HEADS, list, &options, out, NULL));
    for (size_t i = 0; i < list[0].count * list[1].count; i++) {
        size_t p = list[0].heads[i / list[1].count];
        size_t r = list[1].heads[i % list[1].count];
        expect_ok(lln_pair_measure(&attention[p], &attention[r], &options, &one,
                                   NULL));
        ck_assert_mem_eq(&one, &out[i], sizeof one);
    }
    for (size_t i = 0; i < HEADS; i++) {
        lln_attention_close(&attention[i]);
        lln_head_free(&heads[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pairs");
    TCase *several = tcase_create("lln_pairs_measure");
    tcase_add_loop_test(several, several_heads, 0, 16);
    tcase_add_loop_test(several, parts, 0, 3);
    suite_add_tcase(suite, several);
    return run_suite(suite);
}
