/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Histograms of rows, and brackets of K_p, sums and Gini on random rows. */
#include "measure/coverage_bins.h"

#include <string.h>

#include "coverage_rows.h"
#include "expect.h"

static lln_coverage_counters counters;

/* Adds the keys of the row, in descending order and in two parts. */
static void fill(coverage_row *row, double least, lln_coverage_bins *bins)
{
    uint8_t index[COVERAGE_LONGEST];
    size_t first = row->keys / 3;
    row->count = row->keys;
    memcpy(row->weights, row->sorted, sizeof row->weights);
    coverage_finish(row);
    const char *weights = coverage_weights(row);
    lln_precision precision = coverage_precision(row);
    lln_coverage_bins_start(precision, row->sorted[0], least, bins);
    lln_coverage_bins_add(bins, weights, first, index, &counters);
    weights += first * lln_precision_size(precision);
    lln_coverage_bins_add(bins, weights, row->count - first, index, &counters);
}

START_TEST(example)
{
    coverage_row row = {.count = 4, .keys = 4, .single = _i};
    const double weights[] = {1, 1, 0.5, 0.25};
    memcpy(row.weights, weights, sizeof weights);
    coverage_finish(&row);
    lln_coverage_bins bins;
    fill(&row, 0.2, &bins);
    ck_assert(bins.count[0] == 2 && bins.mass[0] == 2);
    ck_assert(bins.count[8] == 1 && bins.mass[8] == 0.5);
    ck_assert(bins.count[16] == 1 && bins.mass[16] == 0.25);
    ck_assert_uint_eq(bins.last, 21); /* 0.2 is in bin 20, from 0.1875 */
    ck_assert(lln_coverage_edge(&bins, 0) == 1.125);
    ck_assert(lln_coverage_edge(&bins, 8) == 0.5625);
    ck_assert(lln_coverage_edge(&bins, 9) == 0.5);
    const lln_coverage_target mass = {true, 2.25}, count = {false, 2};
    lln_coverage_amount above;
    ck_assert_uint_eq(lln_coverage_bins_find(&bins, &mass, &above), 8);
    ck_assert(above.count == 2 && above.mass == 2);
    ck_assert_uint_eq(lln_coverage_bins_find(&bins, &count, &above), 0);
    ck_assert(above.count == 0 && above.mass == 0);
}
END_TEST

/* All weights are counted, and sums are those of the weights. The last bin has
 * those below its upper edge. */
START_TEST(all_weights)
{
    for (uint32_t i = 0; i < COVERAGE_ROWS; i++) {
        coverage_row row = coverage_draw(i);
        double least = i % 3 ? 0 : row.sorted[row.keys / 2];
        static lln_coverage_bins bins;
        fill(&row, least, &bins);
        size_t j = 0;
        for (size_t bin = 0; bin <= bins.last; bin++) {
            size_t first = j;
            double low = lln_coverage_edge(&bins, bin + 1), sum = 0;
            while (j < row.count && (row.sorted[j] >= low || bin == bins.last))
                sum += row.sorted[j++];
            ck_assert(bins.count[bin] == (double)(j - first));
            if (bin < bins.last)
                expect_relative(bins.mass[bin], sum, 1e-13);
        }
        ck_assert_uint_eq(j, row.count);
        ck_assert(bins.last == LLN_COVERAGE_BINS - 1 ||
                  lln_coverage_edge(&bins, bins.last) <= least);
    }
}
END_TEST

/* Brackets contain the exact values, and are no wider than 1/8 of the
 * part inside the bin. */
START_TEST(brackets)
{
    static const double shares[] = {0.3, 0.5, 0.9, 0.95, 0.99};
    static const size_t tops[] = {1, 3, 10, 100};
    for (uint32_t i = 0; i < COVERAGE_ROWS; i++) {
        coverage_row row = coverage_draw(i);
        static lln_coverage_bins bins;
        fill(&row, 0, &bins);
        double slack = lln_coverage_slack(coverage_precision(&row));
        for (size_t s = 0; s < 5; s++) {
            lln_coverage_bracket keys =
                lln_coverage_bins_keys(&bins, (shares[s] - slack) * row.total);
            double exact = coverage_keys(&row, shares[s]);
            ck_assert(keys.low <= exact && exact <= keys.high);
            ck_assert(keys.low >= 1 && keys.high - keys.low <= exact / 8 + 1);
        }
        for (size_t s = 0; s < 4 && tops[s] < row.keys; s++) {
            lln_coverage_bracket sum =
                lln_coverage_bins_sum(&bins, (double)tops[s], row.total);
            double exact = coverage_largest(&row, tops[s]);
            double tolerance = 1e-13 * row.total;
            ck_assert(sum.low <= exact + tolerance);
            ck_assert(exact <= sum.high + tolerance);
            ck_assert(sum.high - sum.low <= exact / 8 + tolerance);
        }
        double m = (double)row.keys, exact = coverage_gini(&row);
        lln_coverage_bracket gini = lln_coverage_bins_gini(&bins, m, row.total);
        ck_assert(gini.low <= exact + 1e-13 && exact <= gini.high + 1e-13);
        ck_assert(gini.high - gini.low <= 1.0 / 32 + 1e-9);
    }
}
END_TEST

/* More weights than a packed counter holds: their sum stays exact. */
START_TEST(many_weights)
{
    enum { MANY = (5 << 20) + 3 };
    float *weights = malloc(MANY * sizeof *weights);
    uint8_t *index = malloc(MANY);
    ck_assert(weights && index);
    for (size_t j = 0; j < MANY; j++)
        weights[j] = 0x1.1ffffep-1f; /* the last float of its bin */
    lln_coverage_bins bins;
    lln_coverage_bins_start(LLN_FLOAT32, 0x1.1ffffep-1, 0, &bins);
    lln_coverage_bins_add(&bins, weights, MANY, index, &counters);
    ck_assert(bins.count[0] == MANY);
    expect_relative(bins.mass[0], MANY * 0x1.1ffffep-1, 1e-15);
    free(weights);
    free(index);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coverage_bins");
    TCase *bins = tcase_create("lln_coverage_bins");
    tcase_set_timeout(bins, 60);
    tcase_add_loop_test(bins, example, 0, 2);
    tcase_add_test(bins, all_weights);
    tcase_add_test(bins, brackets);
    tcase_add_test(bins, many_weights);
    suite_add_tcase(suite, bins);
    return run_suite(suite);
}
