/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One row of attention beside a reference, computed by hand. */
#include "measure/fidelity_row.h"

#include "expect.h"

static lln_fidelity_row from_entries(const double *p, const double *r, size_t m,
                                     const double *pv, const double *rv,
                                     size_t columns, size_t top)
{
    lln_fidelity_row row = lln_fidelity_row_from_entries(p, r, m, top);
    lln_fidelity_row_outputs(pv, rv, columns, &row);
    return row;
}

/* By hand. R V = (0.8, -0.225), P V = (2, 1.725). */
START_TEST(row_signed)
{
    static const double r[] = {0.6, 0.3, 0.1, 0}, p[] = {0.2, 0.5, -0.1, 0.7};
    static const double rv[] = {0.8, -0.225}, pv[] = {2, 1.725};
    lln_fidelity_row row = from_entries(p, r, 4, pv, rv, 2, 2);
    ck_assert(isnan(row.divergence));
    expect_relative(row.lost, 0.1, 1e-15);
    expect_relative(row.sum, 1.3, 1e-15);
    expect_relative(row.sum_error, 0.3, 1e-14);
    expect_relative(row.variation, 0.75, 1e-15);
    expect_relative(row.overlap, 0.5, 1e-15); /* {0, 1} and {3, 1} */
    expect_relative(row.order, -1, 1e-15);
    expect_relative(row.cosine, 0.5521347939585592, 1e-15);
    expect_relative(row.error2, 5.2425, 1e-15);
    expect_relative(row.output2, 0.690625, 1e-15);
    expect_relative(row.entry_error2, 0.73, 1e-14);
    expect_relative(row.entry2, 0.46, 1e-15);
    row = from_entries(p, r, 4, pv, rv, 2, 3);
    expect_relative(row.overlap, 2.0 / 3, 1e-15); /* {0, 1, 2}, {3, 1, 0} */
    expect_relative(row.order, 1.0 / 3, 1e-15);
    row = from_entries(p, r, 4, NULL, NULL, 0, 256);
    expect_relative(row.overlap, 2.0 / 3, 1e-15); /* 3 keys are all of R */
    ck_assert(isnan(row.cosine) && row.error2 == 0 && row.output2 == 0);
}
END_TEST

/* 0.6 ln 2 - 0.25 ln 2 + 0.15 ln 1.5 - 0.1: P sums to 0.9. With P and R
 * exchanged: 0.2 ln 2 - 0.1 ln 1.5 + 0.1. */
START_TEST(row_divergence)
{
    static const double r[] = {0.6, 0.25, 0.15, 0}, p[] = {0.3, 0.5, 0.1, 0};
    static const double zero[4], negative[] = {0.6, 0.25, 0.15, -1e-300};
    lln_fidelity_row row = from_entries(p, r, 4, 0, 0, 0, 4);
    expect_relative(row.divergence, 0.20342127941220547, 1e-14);
    ck_assert(row.lost == 0);
    row = from_entries(r, r, 4, 0, 0, 0, 4);
    ck_assert(row.divergence == 0 && row.order == 1 && row.overlap == 1);
    row = from_entries(negative, r, 4, 0, 0, 0, 4);
    ck_assert(isnan(row.divergence) && row.lost == 0);
    row = from_entries(r, p, 4, 0, 0, 0, 4);
    expect_relative(row.divergence, 0.19808292530117264, 1e-14);
    row = from_entries(zero, p, 4, 0, 0, 0, 4);
    ck_assert(row.divergence == INFINITY && row.lost == 1);
    row = from_entries(r, negative, 4, 0, 0, 0, 4);
    ck_assert(isnan(row.divergence));
    row = from_entries(p, zero, 4, 0, 0, 0, 4);
    expect_relative(row.divergence, 0.9, 1e-15); /* sum_j P_ij - R_ij */
    ck_assert(isnan(row.lost) && isnan(row.overlap) && isnan(row.order));
}
END_TEST

/* Probabilities down to the smallest positive number:
 * 1/2 ln(1/2 / 5e-324). */
START_TEST(row_divergence_range)
{
    static const double r[] = {0.5, 0.5, 5e-324}, p[] = {1, 5e-324, 0.25};
    lln_fidelity_row row = from_entries(p, r, 3, 0, 0, 0, 3);
    expect_relative(row.divergence,
                    0.5 * log(0.5) + 0.5 * (log(0.5) - log(5e-324)) + 0.25,
                    1e-14);
}
END_TEST

/* A row of zeros keeps nothing. A constant row keeps no order, and the first of
 * its equal entries are the top keys. */
START_TEST(row_ties)
{
    static const double r[] = {0.1, 0.4, 0.2, 0.3}, zero[4];
    static const double equal[] = {0.25, 0.25, 0.25, 0.25}, v[] = {1, 2};
    lln_fidelity_row row = from_entries(zero, r, 4, zero, v, 2, 2);
    ck_assert(row.overlap == 0 && row.order == 0 && isnan(row.cosine));
    ck_assert(row.lost == 1 && row.variation == 0.5 && row.sum == 0);
    row = from_entries(equal, r, 4, v, v, 2, 2);
    ck_assert(row.overlap == 0.5 && row.order == 0); /* {1, 3} and {0, 1} */
    expect_relative(row.cosine, 1, 1e-15);
    row = from_entries(r, equal, 4, v, v, 2, 2);
    ck_assert(row.overlap == 0.5 && isnan(row.order)); /* {0, 1}, {1, 3} */
}
END_TEST

/* One key; no key; NaN, which must appear in the results. */
START_TEST(row_edges)
{
    static const double one[] = {1}, half[] = {0.5}, bad[] = {NAN, 0.5};
    static const double even[] = {0.5, 0.5};
    lln_fidelity_row row = from_entries(half, one, 1, 0, 0, 0, 1);
    /* ln 2 + 1/2 - 1 */
    expect_relative(row.divergence, 0.19314718055994531, 1e-14);
    ck_assert(row.overlap == 1 && isnan(row.order) && row.variation == 0.25);
    row = from_entries(NULL, NULL, 0, 0, 0, 0, 1);
    ck_assert(row.sum == 0 && row.sum_error == 1 && row.divergence == 0);
    ck_assert(isnan(row.lost) && isnan(row.overlap) && isnan(row.order));
    row = from_entries(bad, even, 2, 0, 0, 0, 2);
    ck_assert(isnan(row.sum) && isnan(row.variation) &&
              isnan(row.entry_error2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fidelity_row");
    TCase *row = tcase_create("row_from_entries");
    tcase_add_test(row, row_signed);
    tcase_add_test(row, row_divergence);
    tcase_add_test(row, row_divergence_range);
    tcase_add_test(row, row_ties);
    tcase_add_test(row, row_edges);
    suite_add_tcase(suite, row);
    return run_suite(suite);
}
