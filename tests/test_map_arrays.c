/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/map_arrays.h"

#include "expect.h"

static const char *const names[] = {"a", "ab", "c"};

/* A name counts as a whole, and not where it is a file or a key. */
START_TEST(mark_names)
{
    bool found[3] = {false};
    lln_map_arrays_mark(NULL, names, 3, found);
    lln_map_arrays_mark("ab=a:c,b=c", names, 3, found);
    ck_assert(!found[0] && found[1] && !found[2]);
    lln_map_arrays_mark("x=y,c=z", names, 3, found);
    ck_assert(!found[0] && found[1] && found[2]);
}
END_TEST

START_TEST(find_in_no_list)
{
    size_t index;
    ck_assert(!lln_map_array_find(NULL, "a", &index));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map_arrays");
    TCase *all = tcase_create("lln_map_arrays");
    tcase_add_test(all, mark_names);
    tcase_add_test(all, find_in_no_list);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
