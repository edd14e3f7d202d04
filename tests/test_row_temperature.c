/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The temperature from the entries of P. */
#include "measure/row_temperature.h"

#include "cases.h"
#include "heads/temperature.h"

/* Rows of three keys, in `state`. */
static lln_status given_rows(const lln_attention *attention, size_t first,
                             size_t count, double *out)
{
    memcpy(out, (const double *)attention->state + 3 * first,
           3 * count * sizeof *out);
    return LLN_OK;
}

static lln_attention by_rows(double *entries, size_t n)
{
    return (lln_attention){.kind = LLN_ATTENTION_ROWS,
                           .n = n,
                           .m = 3,
                           .precision = LLN_FLOAT64,
                           .rows.make = given_rows,
                           .state = entries};
}

/* Variances of ln P, divisor keys - 1, over the positive entries: (ln 3)^2 / 2
 * of (1/4, 3/4), 0 of (1/2, 1/2), none of a single key. */
START_TEST(positive_entries)
{
    double entries[] = {0.25, 0.75, 0, 0.5, 0, 0.5, 1, 0, 0}, tau;
    lln_attention attention = by_rows(entries, 3);
    expect_ok(lln_rows_temperature(&attention, &tau));
    expect_relative(tau, 2 / log(3), 1e-14);
}
END_TEST

START_TEST(constant_rows)
{
    double entries[] = {0.5, 0.5, 0, 1, 0, 0}, tau;
    lln_attention attention = by_rows(entries, 2);
    expect_status(lln_rows_temperature(&attention, &tau), LLN_EUNDEFINED);
    ck_assert(isnan(tau));
    attention = by_rows(entries + 3, 1);
    expect_status(lln_rows_temperature(&attention, &tau), LLN_EUNDEFINED);
    attention = by_rows(entries, 0);
    expect_status(lln_rows_temperature(&attention, &tau), LLN_EINVAL);
}
END_TEST

/* The closed form from second moments of queries and keys. */
START_TEST(temperature_of_softmax)
{
    lln_attention attention;
    double tau, expected;
    lln_head head = case_head("A", LLN_FLOAT64, _i);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_rows_temperature(&attention, &tau));
    expect_ok(lln_temperature_measure(&head, &expected));
    expect_relative(tau, expected, 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_temperature");
    TCase *tests = tcase_create("lln_rows_temperature");
    tcase_add_test(tests, positive_entries);
    tcase_add_test(tests, constant_rows);
    tcase_add_loop_test(tests, temperature_of_softmax, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
