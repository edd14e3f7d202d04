/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The landscape: its fields against tests/data/cases and against the functions
 * that it combines, and the points of the methods on it. */
#include "match/landscape.h"

#include <string.h>

#include "cases.h"
#include "core/threads.h"
#include "measure/fidelity.h"
#include "theory/fenton.h"
#include "theory/line.h"
#include "theory/lln_theory.h"

enum {
    EVERYTHING =
        LLN_LANDSCAPE_REPORT | LLN_LANDSCAPE_FIDELITY | LLN_LANDSCAPE_SPECTRUM
};

/* The point of a and b in a new landscape. */
static lln_landscape_point point_of(const lln_head *head, unsigned what,
                                    double a, double b)
{
    lln_landscape *landscape;
    lln_landscape_side q, k;
    lln_landscape_point point;
    expect_ok(lln_landscape_open(head, what, &landscape));
    expect_ok(lln_landscape_queries(landscape, a, &q));
    expect_ok(lln_landscape_keys(landscape, b, &k));
    expect_ok(lln_landscape_measure(landscape, &q, &k, &point));
    lln_landscape_close(landscape);
    return point;
}

/* The rows `official` and `measured_D2` of cases_matching.csv: s, alpha, beta,
 * D2, entropy, lambda2 of LLN; D2, entropy, lambda2 of softmax. */
static const struct {
    const char *name;
    double s, alpha, beta, lln[3], softmax[3];
} POINTS[] = {
    {"A",
     2.3912458014829454,
     1.8510663846663806,
     2.664583331133354,
     {2.5272918622790423, 2.8431558289618399, 0.32815385243244483},
     {1.357757457923555, 3.5708644855062643, 0.19046387923359423}},
    {"C",
     1.6669808394741392,
     1.8045108940200223,
     2.0682084291547778,
     {0.74471001724263597, 4.3316345412786577, 0.10880923844472729},
     {0.74471004056627743, 4.489383044045689, 0.14606092507415724}},
};

START_TEST(landscape_cases)
{
    const char *name = POINTS[_i].name;
    lln_head head = case_head(name, LLN_FLOAT64, false);
    double s = POINTS[_i].s;
    const double *softmax = POINTS[_i].softmax, *lln = POINTS[_i].lln;
    lln_landscape_point p = point_of(&head, EVERYTHING, s, s);
    expect_relative(p.alpha, POINTS[_i].alpha, 1e-12);
    expect_relative(p.beta, POINTS[_i].beta, 1e-12);
    expect_relative(p.lln.lambda2, lln[2], 1e-9);
    expect_relative(p.lambda2_ratio, lln[2] / softmax[2], 1e-9);
    expect_relative(p.lln.log_variance, lln[0], 1e-11);
    expect_relative(p.lln.entropy, lln[1], 1e-11);
    expect_relative(p.entropy_gap, lln[1] - softmax[1], 1e-10);
    expect_relative(p.relative_error, p.lln.log_variance / softmax[0] - 1,
                    1e-9);
    lln_head_free(&head);
}
END_TEST

START_TEST(landscape_distance_fields)
{
    lln_head head = case_head("C", LLN_FLOAT64, _i);
    lln_landscape_point p = point_of(&head, LLN_LANDSCAPE_FIDELITY, 1.3, 0.6);
    lln_attention lln, softmax;
    lln_fidelity_options options = {.top = 1};
    lln_fidelity fidelity;
    char kernel[96];
    snprintf(kernel, sizeof kernel, "lln:alpha=%.17g:beta=%.17g", p.alpha,
             p.beta);
    case_open(&head, kernel, &lln);
    case_open(&head, "softmax", &softmax);
    expect_ok(lln_fidelity_measure(&lln, &softmax, &options, &fidelity, NULL));
    expect_relative(p.distance.matrix_error, fidelity.matrix_error, 1e-11);
    expect_relative(p.distance.variation, fidelity.variation, 1e-11);
    expect_relative(p.distance.divergence, fidelity.divergence, 1e-11);
    /* The rest was not asked for. */
    ck_assert(isnan(p.lln.log_variance) && isnan(p.lln.entropy) &&
              isnan(p.lln.lambda2) && isnan(p.relative_error) &&
              isnan(p.entropy_gap) && isnan(p.lambda2_ratio));
    lln_attention_close(&lln);
    lln_attention_close(&softmax);
    lln_head_free(&head);
}
END_TEST

/* Queries 2 x 2 and keys 3 x 2 of standard deviation 1 (divisor nd - 1):
 * exponents are a q and b k. */
START_TEST(landscape_range_fields)
{
    static const double q[4] = {1, 1, -0.5, -1.5};
    static const double k[6] = {-1.25, 0, 0.75, 0.5, 1.25, -1.25};
    double sigma_q = sqrt(4.5 / 3), sigma_k = sqrt(5.5 / 5);
    lln_head head = {.source = "test", .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, 2, 2, q};
    head.k = (lln_matrix){LLN_FLOAT64, 3, 2, k};
    /* alpha = 12, beta = 16: exponents 12 12 -6 -18, -20 0 12 8 20 -20. */
    lln_landscape_point p =
        point_of(&head, LLN_LANDSCAPE_SUMS, 12 * sigma_q, 16 * sigma_k);
    lln_landscape_range *fp16 = &p.formats[LLN_FP16];
    expect_relative(p.alpha, 12, 1e-14);
    expect_relative(p.beta, 16, 1e-14);
    expect_relative(p.max_exponent, 20, 1e-14);
    expect_relative(fp16->overflow, 4.0 / 10, 1e-14);
    expect_relative(fp16->flushed, 3.0 / 10, 1e-14);
    expect_absolute(fp16->subnormal, 0, 0);
    /* Rows of q: 0 0, 0 -12; all of k: -40 -20 -8 -12 0 -40. */
    expect_relative(fp16->shifted_flushed, 3.0 / 10, 1e-14);
    /* max q = 1, 1; max k = 1.25, 0.5 */
    expect_relative(p.max_product_exponent, 12 + 20, 1e-14);
    lln_theory_sides sides = {12 * sigma_q, 16 * sigma_k, 2, 3, 2};
    /* ln(e^12 (e^-20 + e^12 + e^20) + e^12 (1 + e^8 + e^-20)), mpmath */
    expect_relative(p.max_log_sum, 32.000341550566374, 1e-12);
    expect_relative(p.log_sum_model, log(6) + 72 * 1.5 + 128 * 1.1, 1e-14);
    for (int f = 0; f < LLN_NUMBER_FORMATS; f++) {
        const lln_number_format *format = &lln_number_formats[f];
        double expected;
        expect_ok(lln_theory_range_overflow(format, &sides, &expected));
        expect_relative(p.formats[f].overflow_model, expected, 1e-12);
        expect_ok(lln_theory_range_product(format, &sides, &expected));
        expect_relative(p.formats[f].product_model, expected, 1e-12);
    }
    ck_assert(isnan(p.lln.entropy) && isnan(p.distance.divergence));
}
END_TEST

START_TEST(landscape_sides)
{
    lln_head head = case_head("B", LLN_FLOAT32, false);
    lln_landscape *landscape;
    lln_landscape_side q, k;
    double mean, sigma_q, sigma_k;
    lln_matrix_moments(head.q, &mean, &sigma_q);
    lln_matrix_moments(head.k, &mean, &sigma_k);
    expect_ok(lln_landscape_open(&head, 0, &landscape));
    expect_relative(lln_landscape_sigma_q(landscape), sigma_q, 0);
    expect_relative(lln_landscape_sigma_k(landscape), sigma_k, 0);
    expect_ok(lln_landscape_queries(landscape, 6, &q));
    expect_ok(lln_landscape_keys(landscape, 5, &k));
    expect_relative(q.factor, 6 / sigma_q, 1e-15);
    expect_relative(k.factor, 5 / sigma_k, 1e-15);
    for (int f = 0; f < LLN_NUMBER_FORMATS; f++) {
        lln_range_fractions model;
        lln_feature_range range;
        expect_ok(lln_theory_range_side(&lln_number_formats[f], 6, 64, &model));
        ck_assert_mem_eq(&q.model[f], &model, sizeof model);
        expect_ok(
            lln_theory_range_side(&lln_number_formats[f], 5, 64 * 256, &model));
        ck_assert_mem_eq(&k.model[f], &model, sizeof model);
        lln_feature_range_measure(head.q, q.factor, true, &range);
        ck_assert_mem_eq(&q.measured.formats[f], &range.formats[f],
                         sizeof model);
        lln_feature_range_measure(head.k, k.factor, false, &range);
        ck_assert_mem_eq(&k.measured.formats[f], &range.formats[f],
                         sizeof model);
    }
    /* Case B is a sample of the model, of 2^14 entries: the fraction that is
     * counted is within five standard deviations of the expected one. */
    double expected = q.model[LLN_FP16].overflow;
    expect_absolute(q.measured.formats[LLN_FP16].overflow, expected,
                    5 * sqrt(expected / 16384));
    expect_status(lln_landscape_queries(landscape, -1, &q), LLN_EINVAL);
    expect_status(lln_landscape_keys(landscape, NAN, &k), LLN_EINVAL);
    lln_landscape_close(landscape);
    lln_head_free(&head);
}
END_TEST

static double measured_aim(lln_match_target target, lln_landscape *landscape,
                           double s)
{
    lln_landscape_side q, k;
    lln_landscape_point point;
    expect_ok(lln_landscape_queries(landscape, s, &q));
    expect_ok(lln_landscape_keys(landscape, s, &k));
    expect_ok(lln_landscape_measure(landscape, &q, &k, &point));
    return target == LLN_TARGET_ENTROPY ? point.lln.entropy
           : target == LLN_TARGET_GAP   ? 1 - point.lln.lambda2
                                        : point.lln.log_variance;
}

/* The value that a method makes equal to its target, at a = b = s: as its
 * formula predicts it, or as measured. */
static double aim_of(const char *method, lln_landscape *landscape, size_t d,
                     double s)
{
    double value = NAN, mean;
    if (strcmp(method, "paper") == 0) {
        expect_ok(lln_theory_paper_variance(2 * s * s, &value));
    } else if (strcmp(method, "fenton") == 0) {
        expect_ok(lln_theory_fenton(d, 2 * s * s, &mean, &value));
    } else if (strcmp(method, "fenton-row") == 0) {
        expect_ok(lln_theory_fenton_row(d, s * s, s * s, &value));
    } else if (strcmp(method, "exact") == 0) {
        lln_theory_lln_values values;
        expect_ok(lln_theory_lln(d, s, s, &values));
        value = values.log_variance_row;
    } else if (strcmp(method, "measured") == 0 ||
               strcmp(method, "entropy") == 0 || strcmp(method, "gap") == 0) {
        value = measured_aim(lln_match_find(method)->target, landscape, s);
    }
    return value;
}

/* The point of each method is within a cell of the point of the diagonal of the
 * default map whose value is nearest to the target. */
static void expect_near_optimum(const lln_match_method *method,
                                const lln_head *head, lln_landscape *landscape)
{
    const double cell = sqrt(2);
    double best = NAN, nearest = INFINITY;
    lln_match match;
    lln_landscape_side q, k;
    expect_ok(lln_match_solve(method, head, &match));
    expect_ok(lln_landscape_match(landscape, &match, &q, &k));
    expect_relative(q.factor, match.alpha, 0);
    expect_relative(k.factor, match.beta, 0);
    expect_relative(q.spread, k.spread, 1e-14);
    for (int i = 0; i < 13; i++) {
        double s = 0.25 * pow(cell, i);
        double aim = aim_of(method->name, landscape, head->q.columns, s);
        double miss = fabs(aim - match.target);
        best = miss < nearest ? s : best;
        nearest = fmin(nearest, miss);
        if (aim > 4 * match.target)
            break; /* it increases from here, and exact would take long */
    }
    ck_assert_msg(fabs(log(q.spread / best)) <= log(cell),
                  "%s: %g, best of the map %g", method->name, q.spread, best);
}

/* The point of each method is within a cell of the point of the diagonal of the
 * default map whose value is nearest to the target. */
START_TEST(landscape_methods)
{
    lln_head head = case_head(CASES[_i].name, LLN_FLOAT64, false);
    size_t seen = 0;
    const lln_match_method *method = lln_match_methods;
    for (; method->name; method++) {
        lln_landscape *landscape;
        unsigned what = method->target == LLN_TARGET_GAP
                            ? LLN_LANDSCAPE_SPECTRUM
                            : LLN_LANDSCAPE_REPORT;
        expect_ok(lln_landscape_open(&head, what, &landscape));
        /* Not line and joint, which test_match.c covers. */
        if (!isnan(aim_of(method->name, landscape, head.q.columns, 1))) {
            expect_near_optimum(method, &head, landscape);
            seen++;
        }
        lln_landscape_close(landscape);
    }
    ck_assert_uint_eq(seen, 7);
    lln_head_free(&head);
}
END_TEST

START_TEST(distance_of_points)
{
    expect_relative(lln_landscape_distance(1, 3, 2, 3), log(2), 1e-15);
    expect_relative(lln_landscape_distance(2, 3, 1, 3), log(2), 1e-15);
    expect_relative(lln_landscape_distance(2, 0.5, 8, 4), log(2) * sqrt(13),
                    1e-15);
    ck_assert_double_eq(lln_landscape_distance(0.3, 7, 0.3, 7), 0);
    ck_assert(isnan(lln_landscape_distance(NAN, 1, 1, 1)));
    ck_assert(isnan(lln_landscape_distance(1, 1, 1, NAN)));
    ck_assert(isnan(lln_landscape_distance(1, 0, 1, 1)));
}
END_TEST

/* Not square, and one key: what exists is measured. */
START_TEST(landscape_shapes)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    head.q.rows = 5;
    lln_landscape_point p = point_of(&head, EVERYTHING, 1, 2);
    ck_assert(isnan(p.lln.lambda2) && isnan(p.lambda2_ratio));
    ck_assert(p.lln.log_variance > 0 && p.distance.divergence > 0);
    head.k.rows = 1;
    p = point_of(&head, EVERYTHING, 1, 2);
    ck_assert(isnan(p.lln.log_variance) && isnan(p.relative_error));
    ck_assert_double_eq(p.lln.entropy, 0);
    ck_assert_double_eq(p.distance.matrix_error, 0);
    head.q.columns = head.k.columns = 1;
    head.k.rows = 20;
    p = point_of(&head, EVERYTHING, 1, 2);
    ck_assert(p.lln.log_variance > 0);
    ck_assert(isnan(p.max_log_sum));
    lln_head_free(&head);
}
END_TEST

START_TEST(landscape_statuses)
{
    static const double zeros[8] = {0};
    lln_head head = case_head("A", LLN_FLOAT64, false), other = head;
    lln_landscape *landscape = NULL;
    lln_landscape_side q, k;
    lln_landscape_point point = {.a = 7};
    other.q = (lln_matrix){LLN_FLOAT64, 1, 8, zeros};
    expect_status(lln_landscape_open(&other, 0, &landscape), LLN_EUNDEFINED);
    ck_assert_ptr_null(landscape);
    other = head;
    other.k = (lln_matrix){LLN_FLOAT64, 1, 8, zeros};
    expect_status(lln_landscape_open(&other, 0, &landscape), LLN_EUNDEFINED);
    lln_stop_requested = 1;
    expect_status(lln_landscape_open(&head, LLN_LANDSCAPE_REPORT, &landscape),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    expect_ok(lln_landscape_open(&head, EVERYTHING, &landscape));
    expect_ok(lln_landscape_queries(landscape, 1, &q));
    expect_ok(lln_landscape_keys(landscape, 1, &k));
    lln_stop_requested = 1;
    expect_status(lln_landscape_measure(landscape, &q, &k, &point),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    ck_assert_double_eq(point.a, 7);
    lln_landscape_close(landscape);
    lln_landscape_close(NULL);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("landscape");
    TCase *landscape = tcase_create("landscape");
    tcase_set_timeout(landscape, 120);
    tcase_add_loop_test(landscape, landscape_cases, 0, 2);
    tcase_add_loop_test(landscape, landscape_distance_fields, 0, 2);
    tcase_add_test(landscape, landscape_range_fields);
    tcase_add_test(landscape, landscape_sides);
    tcase_add_loop_test(landscape, landscape_methods, 0, 3);
    tcase_add_test(landscape, distance_of_points);
    tcase_add_test(landscape, landscape_shapes);
    tcase_add_test(landscape, landscape_statuses);
    suite_add_tcase(suite, landscape);
    return run_suite(suite);
}
