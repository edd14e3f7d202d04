/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/heads.h"

#include "expect.h"

enum { MOST = 12 };

/* The definition, with position p of the query counted from the end. */
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
                        compare_keys((lln_mask){_i, window, block}, n, m, i);
}
END_TEST

START_TEST(mask_keys_of_any_number)
{
    size_t first = 77, end = 77;
    lln_mask_keys((lln_mask){false, 0, 0}, 5, 3, 4, &first, &end);
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(end, 3);
    lln_mask_keys((lln_mask){false, SIZE_MAX, 0}, 3, 3, 0, &first, &end);
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(end, 3);
}
END_TEST

START_TEST(mask_hides_some)
{
    ck_assert(!lln_mask_hides((lln_mask){false, 0, 0}));
    ck_assert(lln_mask_hides((lln_mask){true, 0, 0}));
    ck_assert(lln_mask_hides((lln_mask){false, 3, 0}));
    ck_assert(lln_mask_hides((lln_mask){false, 0, 3}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heads");
    TCase *mask = tcase_create("lln_mask_keys");
    tcase_add_loop_test(mask, mask_keys_definition, 0, 2);
    tcase_add_test(mask, mask_keys_of_any_number);
    tcase_add_test(mask, mask_hides_some);
    suite_add_tcase(suite, mask);
    return run_suite(suite);
}
