/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the configuration of a model says of arrays. */
#include "heads/model_arrays.h"

#include "expect.h"

static const lln_model_arrays model = {
    .heads = 8, .key_heads = 2, .head_dim = 16, .layers = 3};

static const struct {
    lln_tensor queries;
    bool layer_known;
    const char *layout;
} layouts[] = {
    {{.axes = 3, .shape = {8, 9, 16}}, false, "hnd"},
    {{.axes = 3, .shape = {9, 8, 16}}, false, "nhd"},
    {{.axes = 3, .shape = {8, 8, 16}}, false, NULL},
    {{.axes = 3, .shape = {9, 9, 16}}, false, NULL},
    {{.axes = 3, .shape = {8, 9, 32}}, false, NULL},
    {{.axes = 2, .shape = {9, 16}}, false, NULL},
    {{.axes = 4, .shape = {2, 8, 9, 16}}, false, "bhnd"},
    {{.axes = 4, .shape = {2, 9, 8, 16}}, false, "bnhd"},
    {{.axes = 4, .shape = {3, 8, 9, 16}}, false, "lhnd"},
    {{.axes = 4, .shape = {3, 8, 9, 16}}, true, "bhnd"},
    {{.axes = 4, .shape = {3, 9, 8, 16}}, false, NULL},
    {{.axes = 4, .shape = {3, 9, 8, 16}}, true, "bnhd"},
};

START_TEST(layout_by_heads)
{
    const char *layout =
        lln_model_layout(&model, layouts[_i].layer_known, &layouts[_i].queries);
    if (layouts[_i].layout)
        ck_assert_str_eq(layout, layouts[_i].layout);
    else
        ck_assert_ptr_null(layout);
}
END_TEST

static const struct {
    lln_tensor queries;
    const char *layout;
    lln_fused fused;
    size_t heads;
} splits[] = {
    {{.axes = 2, .shape = {9, 128}}, NULL, LLN_FUSED_NONE, 8},
    {{.axes = 2, .shape = {9, 16}}, NULL, LLN_FUSED_NONE, 0},
    {{.axes = 2, .shape = {9, 192}}, NULL, LLN_FUSED_NONE, 0},
    {{.axes = 2, .shape = {9, 192}}, NULL, LLN_FUSED_QKV, 8},
    {{.axes = 2, .shape = {9, 128}}, "nd", LLN_FUSED_NONE, 0},
    {{.axes = 2, .shape = {9, 64}}, "nD", LLN_FUSED_NONE, 8},
};

START_TEST(split_by_features)
{
    lln_split split = {.fused = splits[_i].fused};
    lln_model_split(&model, splits[_i].layout, &splits[_i].queries, &split);
    ck_assert_uint_eq(split.heads[LLN_QUERIES], splits[_i].heads);
    ck_assert_uint_eq(split.heads[LLN_KEYS], splits[_i].heads / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model_arrays");
    TCase *all = tcase_create("lln_model_arrays");
    tcase_add_loop_test(all, layout_by_heads, 0,
                        sizeof layouts / sizeof *layouts);
    tcase_add_loop_test(all, split_by_features, 0,
                        sizeof splits / sizeof *splits);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
