/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/logit_rule.h"

#include "expect.h"

enum { MOST = 12 };
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The definition; the position p of a query is counted from the end. */
static bool allowed(lln_mask mask, size_t n, size_t m, size_t i, size_t j)
{
    long distance = (long)(i + m - n) - (long)j, window = (long)mask.window;
    if (mask.causal && distance < 0)
        return false;
    if (mask.block > 0 && (i + m - n) / mask.block != j / mask.block)
        return false;
    return window == 0 || (distance < window && -distance < window);
}

static void compare_keys(lln_mask mask, size_t n, size_t m, size_t i)
{
    size_t first = 77, end = 77;
    bool same = true;
    lln_mask_keys(mask, n, m, i, &first, &end);
    ck_assert_uint_lt(first, end);
    for (size_t j = 0; j < m + 1; j++)
        same &= (j >= first && j < end) == (j < m && allowed(mask, n, m, i, j));
    ck_assert(same);
}

START_TEST(mask_keys_definition)
{
    for (size_t window = 0; window <= MOST + 1; window++)
        for (size_t block = 0; block <= MOST + 1; block += block < 5 ? 1 : 4)
            for (size_t m = 1; m <= MOST; m++)
                for (size_t n = 1; n <= m; n++)
                    for (size_t i = 0; i < n; i++)
                        compare_keys((lln_mask){.causal = _i,
                                                .window = window,
                                                .block = block},
                                     n, m, i);
}
END_TEST

START_TEST(mask_keys_of_any_number)
{
    size_t first = 77, end = 77;
    lln_mask_keys((lln_mask){0}, 5, 3, 4, &first, &end);
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(end, 3);
    lln_mask_keys((lln_mask){.window = SIZE_MAX}, 3, 3, 0, &first, &end);
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(end, 3);
}
END_TEST

START_TEST(mask_hides_some)
{
    ck_assert(!lln_mask_hides((lln_mask){0}));
    ck_assert(lln_mask_hides((lln_mask){.causal = true}));
    ck_assert(lln_mask_hides((lln_mask){.window = 3}));
    ck_assert(lln_mask_hides((lln_mask){.block = 3}));
}
END_TEST

/* What a rule needs from a kernel, and the first part that a kernel lacks. */
START_TEST(rule_find_refused_parts)
{
    static const struct {
        lln_mask mask;
        unsigned honours;
        const char *refusal, *words, *option;
    } cases[] = {
        {{0}, ~0U, NULL, NULL, NULL},
        {{.causal = true, .window = 5, .block = 3}, ~0U, NULL, NULL, NULL},
        {{.block = 3}, LLN_HONOURS_FULL, NULL, NULL, NULL},
        {{.causal = true, .window = 5},
         LLN_HONOURS_CAUSAL | LLN_HONOURS_WINDOW,
         NULL,
         NULL,
         NULL},
        {{0}, ~(unsigned)LLN_HONOURS_FULL, "needs", "a causal mask", "causal"},
        {{.causal = true},
         ~(unsigned)LLN_HONOURS_CAUSAL,
         "does not support",
         "a causal mask",
         "causal"},
        {{.causal = true, .window = 5},
         LLN_HONOURS_CAUSAL | LLN_HONOURS_FULL,
         "does not support",
         "a window",
         "window"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        lln_logit_rule rule = {.mask = cases[i].mask, .scale = 0.37};
        const lln_rule_part *part =
            lln_rule_find_refused(&rule, cases[i].honours);
        ck_assert_int_eq(part == NULL, cases[i].words == NULL);
        if (!part)
            continue;
        ck_assert_str_eq(part->refusal, cases[i].refusal);
        ck_assert_str_eq(part->words, cases[i].words);
        ck_assert_str_eq(part->option, cases[i].option);
    }
}
END_TEST

START_TEST(rule_for_features)
{
    lln_logit_rule rule = {.mask = {.causal = true, .window = 7}, .scale = NAN};
    lln_logit_rule found = lln_rule_for(rule, 7);
    expect_relative(found.scale, 0.3779644730092272, 1e-15); /* 7^-0.5 */
    ck_assert(lln_rule_same_but_scale(&found, &rule));
    rule.scale = -2.385;
    expect_relative(lln_rule_for(rule, 7).scale, -2.385, 0);
}
END_TEST

START_TEST(rule_same_but_scale_members)
{
    static const lln_mask others[] = {{.window = 7, .block = 3},
                                      {.causal = true, .window = 6, .block = 3},
                                      {.causal = true, .window = 7}};
    lln_logit_rule rule = {.mask = {.causal = true, .window = 7, .block = 3},
                           .scale = 0.5},
                   other = rule;
    other.scale = 2;
    ck_assert(lln_rule_same_but_scale(&rule, &other));
    for (size_t i = 0; i < COUNT(others); i++) {
        other.mask = others[i];
        ck_assert(!lln_rule_same_but_scale(&rule, &other));
    }
}
END_TEST

START_TEST(rule_closed_forms)
{
    static const struct {
        lln_mask mask;
        bool plain, closed;
    } cases[] = {{{0}, true, true},
                 {{.causal = true}, false, true},
                 {{.window = 4}, false, true},
                 {{.causal = true, .window = 4}, false, true},
                 {{.block = 4}, false, false},
                 {{.causal = true, .window = 4, .block = 4}, false, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        lln_logit_rule rule = {.mask = cases[i].mask, .scale = 0.37};
        ck_assert_int_eq(lln_rule_is_plain(&rule), cases[i].plain);
        ck_assert_int_eq(lln_rule_has_closed_variance(&rule), cases[i].closed);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logit_rule");
    TCase *mask = tcase_create("lln_mask_keys");
    tcase_add_loop_test(mask, mask_keys_definition, 0, 2);
    tcase_add_test(mask, mask_keys_of_any_number);
    tcase_add_test(mask, mask_hides_some);
    suite_add_tcase(suite, mask);
    TCase *rule = tcase_create("lln_rule");
    tcase_add_test(rule, rule_find_refused_parts);
    tcase_add_test(rule, rule_for_features);
    tcase_add_test(rule, rule_same_but_scale_members);
    tcase_add_test(rule, rule_closed_forms);
    suite_add_tcase(suite, rule);
    return run_suite(suite);
}
