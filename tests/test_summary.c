/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Summaries of heads with given values; quantiles are those of numpy.quantile
 * (1.24), which are of type 7. */
#include "measure/summary.h"

#include "dense.h"
#include "measure/entropy.h"
#include "measure/where.h"

static const lln_summary_thresholds THRESHOLDS = {0.3, 0.5, 0.5,
                                                  LLN_FLOAT16_MAX_EXP};

/* A head with this entropy and this value of all others. */
static lln_head_summary head(double layer, double entropy, double value)
{
    return (lln_head_summary){layer, 0,     entropy, value,
                              value, value, value,   value};
}

/* One pass gives what two give. Rows that are listed are not all. */
START_TEST(measure_pass)
{
    const size_t list[3] = {4, 17, 89};
    const lln_where_rule rule = {.local = 8};
    for (int listed = 0; listed < 2; listed++) {
        const size_t *queries = listed ? list : NULL;
        size_t count = listed ? 3 : 90;
        lln_head tokens =
            dense_head(90, 90, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT64);
        lln_attention attention;
        lln_head_summary out;
        lln_entropy entropy;
        lln_where_sums *sums;
        lln_where where;
        open_kernel("softmax", &tokens, NULL, 0, &attention);
        expect_ok(
            lln_head_summary_measure(&attention, queries, count, 8, &out));
        expect_ok(
            lln_entropy_measure(&attention, queries, count, &entropy, NULL));
        expect_ok(lln_where_open(&attention, queries, count, &rule, 0, &sums));
        expect_ok(lln_panels_visit(&attention, queries, count, 0,
                                   lln_where_visit, sums));
        expect_ok(lln_where_finish(sums, &where, NULL));
        expect_relative(out.normalized, entropy.normalized, 1e-13);
        expect_relative(out.max_logit, entropy.max_logit, 1e-13);
        expect_relative(out.sink, where.sink_mass, 0);
        expect_relative(out.uniform, where.sink_mass_uniform, 0);
        expect_relative(out.local, where.local_mass, 0);
        expect_relative(out.distant, where.distant_mass, 0);
        lln_where_close(sums);
        lln_attention_close(&attention);
        lln_head_free(&tokens);
    }
}
END_TEST

START_TEST(find_example)
{
    const double entropy[] = {0.2, 0.9, NAN, 0.4, 0.6};
    lln_head_summary heads[5];
    lln_summary out;
    for (size_t i = 0; i < 5; i++)
        heads[i] = head((double)(i / 2), entropy[i], 0.125 * (double)i);
    expect_ok(lln_summary_find(heads, 5, &THRESHOLDS, &out));
    ck_assert_uint_eq(out.heads, 5);
    ck_assert_uint_eq(out.layers, 3);
    ck_assert_uint_eq(out.defined, 4);
    expect_relative(out.least, 0.2, 0);
    expect_relative(out.tenth, 0.26, 1e-15);
    expect_relative(out.median, 0.5, 1e-15);
    expect_relative(out.nine_tenths, 0.81, 1e-15);
    expect_relative(out.most, 0.9, 0);
    static const size_t lowest[] = {0, 3, 4}, highest[] = {1, 4, 3};
    ck_assert_mem_eq(out.lowest, lowest, sizeof lowest);
    ck_assert_mem_eq(out.highest, highest, sizeof highest);
    ck_assert_uint_eq(out.sink.above, 2);  /* 0.375, 0.5 */
    ck_assert_uint_eq(out.local.above, 0); /* 0.5 does not exceed 0.5 */
    ck_assert_uint_eq(out.sink.defined, 5);
    ck_assert_uint_eq(out.sink.head, 4);
    expect_relative(out.sink.largest, 0.5, 0);
    expect_relative(out.uniform, 0.25, 1e-15);
}
END_TEST

START_TEST(find_ties)
{
    const double entropy[] = {0.5, 0.1, 0.5, 0.1, 0.5, 0.1, 0.1};
    lln_head_summary heads[7];
    lln_summary out;
    for (size_t i = 0; i < 7; i++)
        heads[i] = head(NAN, entropy[i], 0.75);
    expect_ok(lln_summary_find(heads, 7, &THRESHOLDS, &out));
    static const size_t lowest[] = {1, 3, 5}, highest[] = {0, 2, 4};
    ck_assert_mem_eq(out.lowest, lowest, sizeof lowest);
    ck_assert_mem_eq(out.highest, highest, sizeof highest);
    ck_assert_uint_eq(out.layers, 0);
    ck_assert_uint_eq(out.distant.above, 7);
    ck_assert_uint_eq(out.distant.head, 0);
}
END_TEST

/* exp(11.0898) is below 65504, exp(11.09) above. */
START_TEST(find_logits)
{
    lln_head_summary heads[4] = {head(0, 0.5, 11.0898), head(0, 0.5, 11.09),
                                 head(0, 0.5, 65504), head(0, 0.5, 65505)};
    lln_summary out;
    expect_relative(LLN_FLOAT16_MAX_EXP, log(LLN_FLOAT16_MAX), 1e-15);
    expect_ok(lln_summary_find(heads, 4, &THRESHOLDS, &out));
    ck_assert_uint_eq(out.logit.above, 3);
    ck_assert_uint_eq(out.storage.above, 1);
    expect_relative(out.logit.largest, 65505, 0);
    ck_assert_uint_eq(out.logit.head, 3);
}
END_TEST

START_TEST(find_undefined)
{
    lln_head_summary heads[2] = {head(1, NAN, NAN), head(1, NAN, NAN)};
    lln_summary out;
    for (size_t count = 0; count <= 2; count++) {
        expect_ok(lln_summary_find(heads, count, &THRESHOLDS, &out));
        ck_assert_uint_eq(out.heads, count);
        ck_assert_uint_eq(out.defined, 0);
        ck_assert_double_nan(out.least);
        ck_assert_double_nan(out.median);
        ck_assert_double_nan(out.most);
        ck_assert_double_nan(out.sink.largest);
        ck_assert_double_nan(out.uniform);
        ck_assert_uint_eq(out.sink.defined, 0);
    }
}
END_TEST

START_TEST(find_one)
{
    lln_head_summary one = head(0, 0.25, -2.5);
    lln_summary out;
    expect_ok(lln_summary_find(&one, 1, &THRESHOLDS, &out));
    expect_relative(out.least, 0.25, 0);
    expect_relative(out.tenth, 0.25, 0);
    expect_relative(out.most, 0.25, 0);
    expect_relative(out.logit.largest, -2.5, 0);
    ck_assert_uint_eq(out.lowest[0], 0);
    ck_assert_uint_eq(out.highest[0], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary");
    TCase *find = tcase_create("summary_find");
    tcase_add_test(find, measure_pass);
    tcase_add_test(find, find_example);
    tcase_add_test(find, find_ties);
    tcase_add_test(find, find_logits);
    tcase_add_test(find, find_undefined);
    tcase_add_test(find, find_one);
    suite_add_tcase(suite, find);
    return run_suite(suite);
}
