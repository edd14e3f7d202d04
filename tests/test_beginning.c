/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which queries and keys are among the first tokens. Expected values follow
 * from the positions i + m - n or, with `top`, i. */
#include "heads/beginning.h"

#include "expect.h"

static void check(lln_mask mask, size_t n, size_t m, size_t length,
                  size_t queries, size_t keys)
{
    lln_beginning found = lln_beginning_find(mask, n, m, length);
    ck_assert_uint_eq(found.queries, queries);
    ck_assert_uint_eq(found.keys, keys);
}

START_TEST(find_equal)
{
    const lln_mask masks[] = {
        {0}, {.causal = true}, {.causal = true, .top = true}, {.window = 3}};
    lln_mask mask = masks[_i];
    check(mask, 7, 7, 1, 1, 1);
    check(mask, 7, 7, 5, 5, 5);
    check(mask, 7, 7, 7, 7, 7);
    check(mask, 7, 7, 8, 0, 0);
    check(mask, 7, 7, 0, 0, 0);
}
END_TEST

START_TEST(find_fewer_queries)
{
    lln_mask mask = {.causal = true};
    check(mask, 3, 5, 2, 0, 0); /* the queries are at keys 2, 3 and 4 */
    check(mask, 3, 5, 3, 1, 3);
    check(mask, 3, 5, 5, 3, 5);
    check(mask, 3, 5, 6, 0, 0);
    mask.top = true; /* at keys 0, 1 and 2 */
    check(mask, 3, 5, 1, 1, 1);
    check(mask, 3, 5, 3, 3, 3);
    check(mask, 3, 5, 4, 3, 4);
}
END_TEST

START_TEST(find_no_positions)
{
    check((lln_mask){0}, 3, 5, 4, 0, 0);
    check((lln_mask){0}, 5, 3, 2, 0, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("beginning");
    TCase *find = tcase_create("find");
    tcase_add_loop_test(find, find_equal, 0, 4);
    tcase_add_test(find, find_fewer_queries);
    tcase_add_test(find, find_no_positions);
    suite_add_tcase(suite, find);
    return run_suite(suite);
}
