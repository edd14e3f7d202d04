/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rotation.h"

#include "expect.h"
#include "heads/rope_text.h"
#include "heads/turns.h"

enum { N = 256, D = 8 };

/* Keys with a mean of 1 and a spread of 0.5, a fixed sequence. */
static void make_keys(double *k)
{
    for (int i = 0; i < N * D; i++)
        k[i] = 1 + 0.5 * sin(1.7 * i * i);
}

static void turn_keys(const lln_rope *rope, double *k)
{
    const lln_positions positions = {.offset = 0};
    const lln_rope_inputs inputs = {.theta = rope->theta, .dims = D, .d = D};
    double f[D / 2], attention;
    const lln_turns *turns;
    expect_ok(lln_rope_frequencies(&rope->scaling, &inputs, f, &attention));
    const lln_turns_key key = {rope, f, D / 2, 1, &positions, 0, 0, N};
    lln_turns_cache *cache = lln_turns_cache_alloc();
    expect_ok(lln_turns_take(cache, &key, &turns));
    lln_rope_turn(rope, turns, 0, D, k, N, D);
    lln_turns_give(cache, turns);
    lln_turns_cache_free(cache);
}

/* (3, 4), (3, -4): |mean| = 3, mean square 25. */
START_TEST(mean_small)
{
    const double k[] = {3, 4, 3, -4};
    expect_relative(lln_rotation_mean((lln_matrix){LLN_FLOAT64, 2, 2, k}, 0, 1),
                    0.6, 1e-15);
    ck_assert(
        isnan(lln_rotation_mean((lln_matrix){LLN_FLOAT64, 0, 2, k}, 0, 1)));
}
END_TEST

START_TEST(seen_when_turned)
{
    static const char *const ropes[] = {"half", "pairs"};
    for (int i = 0; i < 2; i++) {
        double k[N * D];
        lln_rope rope;
        const lln_matrix keys = {LLN_FLOAT64, N, D, k};
        expect_ok(lln_rope_read(ropes[i], &rope));
        make_keys(k);
        ck_assert(!lln_rotation_is_seen(&rope, D, keys));
        turn_keys(&rope, k);
        ck_assert(lln_rotation_is_seen(&rope, D, keys));
        lln_rope other;
        expect_ok(lln_rope_read(ropes[1 - i], &other));
        ck_assert(lln_rotation_is_seen(&other, D, keys));
        /* Of few keys nothing is said. */
        ck_assert(
            !lln_rotation_is_seen(&rope, D, lln_matrix_rows(keys, 0, 63)));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotation");
    TCase *all = tcase_create("lln_rotation");
    tcase_add_test(all, mean_small);
    tcase_add_test(all, seen_when_turned);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
