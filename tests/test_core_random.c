/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/random.h"

#include "expect.h"

enum { MANY = 1 << 20 };

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

START_TEST(random_seed_injective)
{
    const uint64_t seeds[] = {0, 1, 4357, UINT64_C(1) << 32, UINT64_MAX};
    uint32_t *values = malloc(MANY * sizeof *values);
    for (uint32_t i = 0; i < MANY; i++) /* both ends of the range */
        values[i] = lln_random_seed(
            seeds[_i], i % 2 ? LLN_RANDOM_STREAMS - 1 - i / 2 : i / 2);
    qsort(values, MANY, sizeof *values, compare);
    ck_assert_uint_ne(values[0], 0);
    for (uint32_t i = 1; i < MANY; i++)
        ck_assert_uint_ne(values[i], values[i - 1]);
    free(values);
}
END_TEST

/* For each seed, the stream whose mixed number is 0, found by trying all: it
 * gets the number that belongs to no stream. */
START_TEST(random_seed_zero)
{
    const uint32_t streams[] = {1551044214, 2776882385, 4171571054};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        uint32_t stream = streams[seed - 1];
        uint32_t value = lln_random_seed(seed, stream);
        ck_assert_uint_ne(value, 0);
        ck_assert_uint_eq(value, lln_random_seed(seed, LLN_RANDOM_STREAMS));
    }
}
END_TEST

/* All 64 bits of the seed matter. */
START_TEST(random_seed_differs)
{
    uint32_t values[65];
    values[64] = lln_random_seed(0, 7);
    for (int bit = 0; bit < 64; bit++)
        values[bit] = lln_random_seed(UINT64_C(1) << bit, 7);
    qsort(values, 65, sizeof *values, compare);
    for (int i = 1; i < 65; i++)
        ck_assert_uint_ne(values[i], values[i - 1]);
}
END_TEST

/* The first numbers of splitmix64.c (S. Vigna) from state 1234567, as listed
 * by Rosetta Code, "Pseudo-random numbers/Splitmix64". */
START_TEST(random_number_published)
{
    const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821)};
    for (uint64_t i = 0; i < 5; i++)
        ck_assert_uint_eq(lln_random_number(1234567, i), expected[i]);
}
END_TEST

START_TEST(random_permuted_complete)
{
    const size_t counts[] = {1, 2, 3, 10, 49, 1000, 12345};
    size_t count = counts[_i];
    bool *seen = calloc(count, sizeof *seen);
    for (size_t i = 0; i < count; i++) {
        size_t at = lln_random_permuted(7, count, i);
        ck_assert(at < count && !seen[at]);
        seen[at] = true;
    }
    free(seen);
}
END_TEST

/* The 120 permutations of 5 are equally frequent: chi squared with 119 degrees
 * of freedom has the mean 119 and the standard deviation 15.4. Where the last
 * index of 60,000 goes is uniform too, in 100 classes: 99 and 14.1. */
START_TEST(random_permuted_uniform)
{
    enum {
        COUNT = 5,
        CODES = 3125,
        ORDERS = 120,
        EACH = 300,
        FAR = 59999,
        FAR_EACH = ORDERS * EACH / 100
    };
    static size_t seen[CODES], far[100];
    double chi = 0, far_chi = 0;
    for (uint64_t seed = 0; seed < ORDERS * EACH; seed++) {
        size_t code = 0;
        for (size_t i = 0; i < COUNT; i++)
            code = code * COUNT + lln_random_permuted(seed, COUNT, i);
        seen[code]++;
        far[lln_random_permuted(seed, FAR + 1, FAR) / 600]++;
    }
    for (size_t i = 0; i < CODES; i++)
        chi += seen[i] > 0 ? pow((double)seen[i] - EACH, 2) / EACH : 0;
    for (size_t i = 0; i < 100; i++)
        far_chi += pow((double)far[i] - FAR_EACH, 2) / FAR_EACH;
    ck_assert_msg(chi > 60 && chi < 180, "chi squared %g", chi);
    ck_assert_msg(far_chi > 50 && far_chi < 155, "chi squared %g", far_chi);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *seed = tcase_create("lln_random_seed");
    tcase_add_loop_test(seed, random_seed_injective, 0, 5);
    tcase_add_test(seed, random_seed_zero);
    tcase_add_test(seed, random_seed_differs);
    suite_add_tcase(suite, seed);
    TCase *number = tcase_create("lln_random_number");
    tcase_add_test(number, random_number_published);
    suite_add_tcase(suite, number);
    TCase *permuted = tcase_create("lln_random_permuted");
    tcase_add_loop_test(permuted, random_permuted_complete, 0, 7);
    tcase_add_test(permuted, random_permuted_uniform);
    suite_add_tcase(suite, permuted);
    return run_suite(suite);
}
