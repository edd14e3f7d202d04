/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entropies of rows against reference programs, closed forms and rows computed
 * by hand. */
#include "measure/entropy.h"

#include "cases.h"
#include "core/threads.h"

/* T logits, one of them g above the others: the bound equals the entropy,
 * ln(e^g + T - 1) - g e^g / (e^g + T - 1). */
START_TEST(floor_reached)
{
    static const double gaps[] = {0.1, 2.385, 30};
    static const size_t keys[] = {2, 5, 1000};
    double g = gaps[_i], t = (double)keys[_i];
    /* as terms of one sign, to keep the digits of a small entropy */
    double others = (t - 1) * exp(-g);
    double entropy = log1p(others) + g * others / (1 + others);
    expect_relative(lln_entropy_floor(keys[_i], g * sqrt((t - 1) / t)), entropy,
                    1e-13);
}
END_TEST

START_TEST(floor_limits)
{
    ck_assert(lln_entropy_floor(1, 0) == 0);
    expect_relative(lln_entropy_floor(7, 0), log(7), 1e-15);
    /* T = 7, B = 3.1: b = exp(-B sqrt(T/(T-1)));
     * log(1+6b) + B sqrt(42) b/(1+6b), 40 digits (Python decimal) */
    expect_relative(lln_entropy_floor(7, 3.1), 0.77437965224041273, 1e-14);
    ck_assert(lln_entropy_floor(7, 1e4) == 0);
    ck_assert(lln_entropy_floor(7, INFINITY) == 0);
    ck_assert(isnan(lln_entropy_floor(7, NAN)));
}
END_TEST

START_TEST(entropy_cases)
{
    const char *name = CASES[_i].name;
    for (int lln = 0; lln < 2; lln++) {
        const char *label = lln ? "lln" : "softmax";
        lln_head head = case_head(name, LLN_FLOAT64, false);
        lln_attention attention;
        lln_entropy out;
        case_open(&head, lln ? CASES[_i].lln : "softmax", &attention);
        expect_ok(lln_entropy_measure(&attention, NULL, 0, &out, NULL));
        expect_relative(out.entropy,
                        case_scalar(name, label, "mean_entropy_nats"), 1e-12);
        expect_relative(out.normalized,
                        case_scalar(name, label, "mean_entropy_nats") /
                            log((double)head.q.rows),
                        1e-12);
        expect_relative(out.max, case_scalar(name, label, "max_row_entropy"),
                        1e-12);
        ck_assert(isnan(out.max_logit) == lln);
        ck_assert(out.row_sum_min == 1 && out.negative_mass == 0);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* Softmax of logits (0, g) with g = 0, ln 3 and ln 9: rows (1/2, 1/2),
 * (1/4, 3/4) and (1/10, 9/10). Python:
 *     h = lambda p: -p*log(p) - (1-p)*log(1-p)
 *     a = [h(1/2), h(1/4), h(1/10)]
 *     m = sum(a)/3; sqrt(sum((x-m)**2 for x in a)/2/3*(1-3/6)) */
START_TEST(measure_by_hand)
{
    static const double mean = 0.5268550995234006;
    static const double spread = 0.07617079531073868;
    const double q[] = {0, 1, 2, 0, 0, 0}, k[] = {0, log(3)};
    static const size_t some[] = {0, 1, 2};
    lln_head head = {.rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, 6, 1, q};
    head.k = (lln_matrix){LLN_FLOAT64, 2, 1, k};
    lln_attention attention;
    lln_entropy out, error;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, some, 3, &out, &error));
    expect_relative(out.entropy, mean, 1e-14);
    expect_relative(out.normalized, mean / log(2), 1e-14);
    expect_relative(out.over_log_n, mean / log(2), 1e-14);
    expect_relative(out.over_ceiling, mean / log(2), 1e-14);
    expect_relative(out.min, 0.32508297339144826, 1e-13);
    expect_relative(out.max, log(2), 1e-14);
    /* (2 + 1.6 + 1/0.82) / 3 and (0.5 + 0.75 + 0.9) / 3 */
    expect_relative(out.effective_keys, 1.6065040650406504, 1e-14);
    expect_relative(out.top1_mass, 2.15 / 3, 1e-14);
    expect_relative(out.max_logit, log(9), 1e-14);
    ck_assert(out.row_sum_min == 1 && out.negative_mass == 0);
    expect_relative(error.entropy, spread, 1e-13);
    expect_relative(error.over_ceiling, spread / log(2), 1e-13);
    ck_assert(isnan(error.min) && isnan(error.max_logit));
    ck_assert(isnan(out.floor)); /* moments were not asked for */
    lln_attention_close(&attention);
}
END_TEST

/* With one key the entropy is 0, and no ratio exists. */
START_TEST(measure_one_key)
{
    static const double q[] = {1, 2}, k[] = {3};
    lln_head head = {.rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, 2, 1, q};
    head.k = (lln_matrix){LLN_FLOAT64, 1, 1, k};
    lln_attention attention;
    lln_entropy out;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &out, NULL));
    ck_assert(out.entropy == 0 && out.min == 0 && out.max == 0);
    ck_assert(out.effective_keys == 1 && out.top1_mass == 1);
    ck_assert(isnan(out.normalized) && isnan(out.over_log_n));
    ck_assert(isnan(out.over_ceiling));
    lln_attention_close(&attention);
}
END_TEST

START_TEST(measure_refuses)
{
    size_t row = 0;
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_attention attention;
    lln_entropy out;
    case_open(&head, "softmax", &attention);
    expect_status(lln_entropy_measure(&attention, &row, 0, &out, NULL),
                  LLN_EINVAL);
    lln_stop_requested = 1;
    expect_status(lln_entropy_measure(&attention, NULL, 0, &out, NULL),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* If one row is not a distribution, the matrix has no entropy, but all other
 * values. By hand: a row (0.5, 0.5), whose spread of 0 gives a floor of ln 2,
 * and a row (0.9, -0.1) with one key. */
START_TEST(summarise_not_distribution)
{
    lln_row rows[2] = {{.keys = 2,
                        .entropy = log(2),
                        .sum_squares = 0.5,
                        .top = 0.5,
                        .sum = 1},
                       {.keys = 1,
                        .entropy = NAN,
                        .sum_squares = 0.82,
                        .top = 0.9,
                        .sum = 0.8,
                        .negative = 0.1}};
    lln_attention attention = {.n = 2, .m = 2};
    lln_entropy out;
    lln_entropy_summarise(&attention, rows, 1, &out, NULL);
    expect_relative(out.entropy, log(2), 1e-15);
    expect_relative(out.floor, log(2), 1e-15);
    lln_entropy_summarise(&attention, rows, 2, &out, NULL);
    ck_assert(isnan(out.entropy) && isnan(out.normalized) && isnan(out.min) &&
              isnan(out.max) && isnan(out.over_log_n) &&
              isnan(out.over_ceiling) && isnan(out.floor));
    expect_relative(out.effective_keys, (2 + 1 / 0.82) / 2, 1e-15);
    expect_relative(out.top1_mass, 0.7, 1e-15);
    expect_relative(out.row_sum_min, 0.8, 1e-15);
    expect_relative(out.negative_mass, 0.05, 1e-15);
    ck_assert(isnan(out.max_logit)); /* the scores have no scale */
}
END_TEST

/* (1/4, 3/4); a shift by 1e6; three equal; one alone; entries of 0; and the
 * rest e^-50 beside 1, whose entropy is 51 e^-50. */
START_TEST(logits_entropy)
{
    static const double third[] = {0, 1.0986122886681098, 1e6,
                                   1e6 + 1.0986122886681098};
    static const double mixed[] = {2, -INFINITY, 2, 2}, cold[] = {-50, 0};
    double quarter = log(4) - 0.75 * log(3);
    expect_relative(lln_entropy_of_logits(third, 2), quarter, 1e-14);
    expect_relative(lln_entropy_of_logits(third + 2, 2), quarter, 1e-9);
    expect_relative(lln_entropy_of_logits(mixed, 4), log(3), 1e-15);
    expect_absolute(lln_entropy_of_logits(third, 1), 0, 0);
    expect_relative(lln_entropy_of_logits(cold, 2), 51 * exp(-50), 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("entropy");
    TCase *floors = tcase_create("floor");
    tcase_add_loop_test(floors, floor_reached, 0, 3);
    tcase_add_test(floors, floor_limits);
    suite_add_tcase(suite, floors);
    TCase *measured = tcase_create("measure");
    tcase_add_loop_test(measured, entropy_cases, 0, CASE_COUNT);
    tcase_add_test(measured, measure_by_hand);
    tcase_add_test(measured, measure_one_key);
    tcase_add_test(measured, measure_refuses);
    suite_add_tcase(suite, measured);
    TCase *summary = tcase_create("summarise");
    tcase_add_test(summary, summarise_not_distribution);
    tcase_add_test(summary, logits_entropy);
    suite_add_tcase(suite, summary);
    return run_suite(suite);
}
