/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/occurrences.h"

#include "head_cases.h"

START_TEST(open_example)
{
    static const size_t id[] = {5, 7, 5};
    lln_occurrences o;
    expect_ok(lln_occurrences_open(id, 3, &o));
    ck_assert(o.count == 3 && o.first[2] == 0 && o.end[2] == 2);
    ck_assert(o.order[0] == 0 && o.order[1] == 2 && o.order[2] == 1);
    ck_assert(o.first[1] == 2 && o.end[1] == 3);
    lln_occurrences_free(&o);
    expect_ok(lln_occurrences_open(id, 0, &o));
    ck_assert(o.count == 0);
    lln_occurrences_free(&o);
}
END_TEST

/* Against a comparison of all pairs, with few and with many ids. */
START_TEST(open_pairs)
{
    static const size_t kinds[] = {1, 3, 40, SIZE_MAX};
    enum { COUNT = 90 };
    size_t id[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        id[i] = lln_random_number(7, i) % kinds[_i];
    lln_occurrences o;
    expect_ok(lln_occurrences_open(id, COUNT, &o));
    for (size_t i = 0; i < COUNT; i++) {
        size_t at = o.first[i];
        for (size_t j = 0; j < COUNT; j++)
            if (id[j] == id[i])
                ck_assert(at < o.end[i] && o.order[at++] == j);
        ck_assert(at == o.end[i]);
    }
    lln_occurrences_free(&o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("occurrences");
    TCase *open = tcase_create("open");
    tcase_add_test(open, open_example);
    tcase_add_loop_test(open, open_pairs, 0, 4);
    suite_add_tcase(suite, open);
    return run_suite(suite);
}
