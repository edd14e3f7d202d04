/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logits that a norm allows, of one query and one key of two features. */
#include "heads/norm_limit.h"

#include <math.h>

#include "heads/files.h"
#include "npy_file.h"

#include "expect.h"

/* q.k = 24, scale 1: the norm rms allows 2 max|w_q| max|w_k|. */
static void setup(void)
{
    const double q[] = {3, 4}, k[] = {4, 3};
    enter_folder();
    write_doubles("q.npy", "(1, 2)", q, 2);
    write_doubles("k.npy", "(1, 2)", k, 2);
    write_doubles("one.npy", "(2,)", (const double[]){1, -1}, 2);
    write_doubles("three.npy", "(2,)", (const double[]){1, -3}, 2);
    write_doubles("bias.npy", "(2,)", (const double[]){9, 9}, 2);
}

static lln_norm_limit look(const char *norm, const char *arrays,
                           const char *applied)
{
    const lln_files files = {
        .q = "q.npy", .k = "k.npy", .rule.scale = 1, .layout = "nd"};
    const lln_map_options left_out = {.norm = norm, .arrays = arrays};
    lln_norm_limit found;
    lln_heads heads;
    expect_ok(lln_files_open(&files, &heads));
    expect_ok(lln_norm_limit_look(&left_out, applied, &heads, &found));
    lln_heads_close(&heads);
    return found;
}

START_TEST(limits)
{
    static const struct {
        const char *norm, *arrays;
        double limit;
        bool seen;
    } cases[] = {
        {"rms", NULL, 2, true},
        {"rms:after-rope", NULL, 2, true},
        {"l2", NULL, 1, true},
        {"rms", "q_norm=one.npy,k_norm=three.npy", 6, true},
        /* 2 x 3 x 3 = 18, and 24 is less than twice that. */
        {"rms", "q_norm=three.npy,k_norm=three.npy", 18, false},
        /* 1 + 1 and 1 - 3: 2 x 2 x 2. */
        {"rms:plus-one", "q_norm=one.npy,k_norm=three.npy", 8, true},
    };
    lln_norm_limit found = look(cases[_i].norm, cases[_i].arrays, NULL);
    expect_absolute(found.logit, 24, 0);
    expect_relative(found.limit, cases[_i].limit, 1e-15);
    ck_assert_int_eq(found.seen, cases[_i].seen);
    ck_assert_int_eq(found.layer, -1);
}
END_TEST

/* A norm that is applied, one that is none, and one with biases have no
 * limit. */
START_TEST(no_limits)
{
    ck_assert(!look("rms", NULL, "rms").seen);
    ck_assert(look("rms", NULL, "none").seen);
    ck_assert(!look("none", NULL, NULL).seen);
    ck_assert(!look("layer",
                    "q_norm=one.npy,k_norm=one.npy,q_norm_bias=bias.npy,"
                    "k_norm_bias=bias.npy",
                    NULL)
                   .seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("norm_limit");
    TCase *t = tcase_create("norm_limit");
    tcase_add_checked_fixture(t, setup, remove_folder);
    tcase_add_loop_test(t, limits, 0, 6);
    tcase_add_test(t, no_limits);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
