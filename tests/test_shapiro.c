/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tests of Shapiro, Wilk and Francia against R and numpy. */
#include "measure/shapiro.h"
#include "normality_vectors.h"

START_TEST(wilk_samples)
{
    lln_standard_sample s = standard_sample(samples[_i].x, samples[_i].n);
    expect_test(lln_shapiro_wilk(&s), samples[_i].shapiro_wilk);
    free_sample(&s);
}
END_TEST

START_TEST(francia_samples)
{
    lln_standard_sample s = standard_sample(samples[_i].x, samples[_i].n);
    expect_test(lln_shapiro_francia(&s), samples[_i].shapiro_francia);
    free_sample(&s);
}
END_TEST

/* AS R94 and Royston (1993) in numpy, for logistic_sample(n): each range of
 * sizes. NaN: out of range. */
START_TEST(logistic_sizes)
{
    static const struct {
        size_t n;
        lln_test wilk, francia;
    } expected[] = {
        {2, {NAN, NAN}, {NAN, NAN}},
        {3, {0.99476377182206899, 0.86167827382769346}, {NAN, NAN}},
        {4, {0.99575741307488208, 0.98473515256012245}, {NAN, NAN}},
        {5,
         {0.99483055893299954, 0.99357820118856666},
         {0.99603700613250246, 0.99999996049682249}},
        {6,
         {0.97643636214921736, 0.93253499554212171},
         {0.97937436653091514, 0.98986295546261149}},
        {11,
         {0.99202370518457794, 0.99903773722272304},
         {0.99583421986883702, 0.9999972231108154}},
        {12,
         {0.99517770452652488, 0.99999953849451073},
         {0.99630375423891882, 0.9999985012802507}},
        {100,
         {0.99664377034405005, 0.99779316841162013},
         {0.99414207786970443, 0.89314332064520063}},
        {5000,
         {0.99257589542246238, 1.6962472134009902e-15},
         {0.99234190237037023, 1.7454149601545939e-15}},
        {5001, {NAN, NAN}, {NAN, NAN}},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        lln_standard_sample s = logistic_sample(expected[i].n);
        expect_test(lln_shapiro_wilk(&s), expected[i].wilk);
        expect_test(lln_shapiro_francia(&s), expected[i].francia);
        free_sample(&s);
    }
}
END_TEST

/* Three values: W is between 3/4 and 1, where p = 0 and 1. (0, 0, 1): W = 3/4.
 * (0, 1, 2): W = 1. (0, 1, 3): W = 9/2 / (14/3) = 27/28. */
START_TEST(wilk_three)
{
    static const double x[][3] = {{0, 0, 1}, {2, 0, 1}, {0, 3, 1}};
    static const double w[] = {0.75, 1, 27.0 / 28};
    for (int i = 0; i < 3; i++) {
        lln_standard_sample s = standard_sample(x[i], 3);
        lln_test out = lln_shapiro_wilk(&s);
        expect_relative(out.statistic, w[i], 1e-14);
        expect_absolute(out.p, 6 / M_PI * (asin(sqrt(w[i])) - asin(sqrt(0.75))),
                        1e-7);
        ck_assert(out.p >= 0 && out.p <= 1);
        free_sample(&s);
    }
}
END_TEST

/* The smallest W of 11 values: all but one are equal. AS R94 in numpy; W is
 * 11/10 of the square of the last weight. */
START_TEST(wilk_least)
{
    double x[11] = {0};
    x[3] = 14.3;
    lln_standard_sample s = standard_sample(x, 11);
    lln_test out = lln_shapiro_wilk(&s);
    expect_test(out, (lln_test){0.34499120511584797, 2.243401901612184e-08});
    free_sample(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shapiro");
    TCase *wilk = tcase_create("wilk"), *francia = tcase_create("francia");
    tcase_add_loop_test(wilk, wilk_samples, 0, SAMPLES);
    tcase_add_test(wilk, wilk_three);
    tcase_add_test(wilk, wilk_least);
    tcase_add_loop_test(francia, francia_samples, 0, SAMPLES);
    tcase_add_test(francia, logistic_sizes);
    suite_add_tcase(suite, wilk);
    suite_add_tcase(suite, francia);
    return run_suite(suite);
}
