/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strongly connected components by hand, and against the definition: two nodes
 * are in one component if each can be reached from the other. */
#include "measure/spectrum_components.h"

#include <stdbool.h>

#include "core/random.h"
#include "expect.h"

/* 0 -> 1 -> 2 -> 0 is a cycle, which leads to 3; 4 leads to the cycle. */
START_TEST(find_by_hand)
{
    enum { N = 5 };
    double matrix[N * N] = {0};
    matrix[0 * N + 1] = 0.5;
    matrix[1 * N + 2] = -2;
    matrix[2 * N + 0] = 1e-300;
    matrix[1 * N + 3] = matrix[4 * N + 1] = 1;
    lln_components found;
    static const size_t members[] = {3, 0, 1, 2, 4}, start[] = {0, 1, 4, 5};
    expect_ok(lln_components_find(matrix, N, &found));
    ck_assert_uint_eq(found.count, 3);
    ck_assert_mem_eq(found.members, members, sizeof members);
    ck_assert_mem_eq(found.start, start, sizeof start);
    lln_components_free(&found);
}
END_TEST

/* reach [n x n] from the edges (Warshall 1962). */
static void find_reachable(const double *matrix, size_t n, bool *reach)
{
    for (size_t i = 0; i < n * n; i++)
        reach[i] = matrix[i] != 0 || i % (n + 1) == 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                reach[i * n + j] |= reach[i * n + k] && reach[k * n + j];
}

/* Random graphs with 0.5 to 2.5 edges a node. */
START_TEST(find_slow)
{
    enum { MOST = 24 };
    size_t n = 1 + (size_t)_i % MOST, owner[MOST];
    double matrix[MOST * MOST] = {0};
    bool reach[MOST * MOST];
    size_t edges = n / 2 + (size_t)_i % (2 * n);
    for (size_t e = 0; e < edges; e++)
        matrix[lln_random_number((uint64_t)_i, e) % (n * n)] = 1;
    lln_components found;
    find_reachable(matrix, n, reach);
    expect_ok(lln_components_find(matrix, n, &found));
    ck_assert_uint_eq(found.start[0], 0);
    ck_assert_uint_eq(found.start[found.count], n);
    for (size_t c = 0; c < found.count; c++)
        for (size_t i = found.start[c]; i < found.start[c + 1]; i++) {
            owner[found.members[i]] = c;
            ck_assert(i == found.start[c] ||
                      found.members[i] > found.members[i - 1]);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            bool both = reach[i * n + j] && reach[j * n + i];
            ck_assert(both == (owner[i] == owner[j]));
            ck_assert(matrix[i * n + j] == 0 || owner[i] >= owner[j]);
        }
    lln_components_free(&found);
}
END_TEST

/* No node; one node with and without an edge to itself. */
START_TEST(find_small)
{
    lln_components found;
    double one = _i;
    expect_ok(lln_components_find(NULL, 0, &found));
    ck_assert_uint_eq(found.count, 0);
    lln_components_free(&found);
    expect_ok(lln_components_find(&one, 1, &found));
    ck_assert_uint_eq(found.count, 1);
    ck_assert(found.members[0] == 0 && found.start[1] == 1);
    lln_components_free(&found);
    found = (lln_components){0};
    lln_components_free(&found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_components");
    TCase *find = tcase_create("components_find");
    tcase_add_test(find, find_by_hand);
    tcase_add_loop_test(find, find_slow, 0, 240);
    tcase_add_loop_test(find, find_small, 0, 2);
    suite_add_tcase(suite, find);
    return run_suite(suite);
}
