/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances of two rows: closed forms, inequalities, and the loops over scores
 * against a slow version. */
#include "measure/row_pair.h"

#include "head_cases.h"

enum { MOST = 2048 };
#define LN2 0.693147180559945309417

/* P = (1/2, 1/2), R = (1/4, 3/4), by the formulas. */
START_TEST(entries_by_hand)
{
    static const double p[] = {0.5, 0.5}, r[] = {0.25, 0.75};
    lln_row_pair row = lln_row_pair_from_entries(p, r, 2, 1);
    double js = 0.5 * (0.5 * log(0.5 / 0.375) + 0.5 * log(0.5 / 0.625)) +
                0.5 * (0.25 * log(0.25 / 0.375) + 0.75 * log(0.75 / 0.625));
    expect_relative(row.js, js, 1e-14);
    expect_relative(row.kl, 0.5 * log(2) + 0.5 * log(2.0 / 3), 1e-14);
    expect_relative(row.kl_reverse, 0.25 * log(0.5) + 0.75 * log(1.5), 1e-14);
    expect_relative(row.variation, 0.25, 1e-15);
    expect_relative(row.hellinger, sqrt(1 - sqrt(0.125) - sqrt(0.375)), 1e-13);
    expect_relative(row.cosine, 0.5 / sqrt(0.5 * 0.625), 1e-15);
    ck_assert(row.overlap == 0); /* of equal entries the first: {0} and {1} */
    ck_assert(row.recall == 0.25);
    expect_relative(row.recall_relative, 1.0 / 3, 1e-15);
    ck_assert(row.product == 0.5 && row.square == 0.5 && row.other == 0.625);
    row = lln_row_pair_from_entries(p, r, 2, 256); /* both keys are top keys */
    ck_assert(row.overlap == 1 && row.recall == 1 && row.recall_relative == 1);
    row = lln_row_pair_from_entries(p, r, 2, 0);
    ck_assert(isnan(row.overlap) && isnan(row.recall));
}
END_TEST

/* Rows without a common key are as far apart as possible; equal rows are
 * not. */
START_TEST(entries_extreme)
{
    static const double p[] = {0, 1, 0, 0}, r[] = {0.5, 0, 0.5, 0};
    static const double twice[] = {1, 0, 1, 0}, zero[4];
    lln_row_pair row = lln_row_pair_from_entries(p, r, 4, 1);
    expect_relative(row.js, LN2, 1e-15);
    ck_assert(row.kl == INFINITY && row.kl_reverse == INFINITY);
    expect_relative(row.variation, 1, 1e-15);
    expect_relative(row.hellinger, 1, 1e-15);
    ck_assert(row.cosine == 0 && row.recall == 0 && row.recall_relative == 0);
    row = lln_row_pair_from_entries(r, twice, 4, 2); /* of one direction */
    ck_assert(row.js == 0 && row.kl == 0 && row.kl_reverse == 0);
    ck_assert(row.variation == 0 && row.hellinger == 0);
    expect_relative(row.cosine, 1, 1e-15);
    ck_assert(row.recall == 2 && row.recall_relative == 1);
    row = lln_row_pair_from_entries(zero, r, 4, 2);
    ck_assert(isnan(row.js) && isnan(row.variation) && isnan(row.cosine));
    ck_assert(row.recall == 0.5 && row.recall_relative == 0.5);
    row = lln_row_pair_from_entries(r, zero, 4, 2);
    ck_assert(row.recall == 0 && isnan(row.recall_relative));
    row = lln_row_pair_from_entries(p, r, 0, 2);
    ck_assert(isnan(row.js) && isnan(row.overlap));
}
END_TEST

START_TEST(entries_negative)
{
    static const double p[] = {0.75, 0.5, -0.25}, r[] = {0.5, 0.25, 0.25};
    lln_row_pair row = lln_row_pair_from_entries(p, r, 3, 2);
    ck_assert(isnan(row.js) && isnan(row.kl) && isnan(row.kl_reverse));
    ck_assert(isnan(row.variation) && isnan(row.hellinger));
    expect_relative(row.cosine, 0.4375 / sqrt(0.875 * 0.375), 1e-15);
    ck_assert(row.overlap == 1 && row.recall == 0.75);
}
END_TEST

/* A slow version, from the definitions. */
static lln_row_pair slow(const double *p, const double *r, size_t count,
                         size_t top)
{
    lln_row_pair row = {0};
    double best = 0, pairs = 0;
    size_t common = 0;
    bool is_top[MOST];
    for (size_t j = 0; j < count; j++) {
        double m = (p[j] + r[j]) / 2;
        size_t before = 0, before_r = 0;
        for (size_t l = 0; l < count; l++) {
            before += p[l] > p[j] || (p[l] == p[j] && l < j);
            before_r += r[l] > r[j] || (r[l] == r[j] && l < j);
        }
        row.js += (p[j] * log(p[j] / m) + r[j] * log(r[j] / m)) / 2;
        row.kl += p[j] * log(p[j] / r[j]);
        row.kl_reverse += r[j] * log(r[j] / p[j]);
        row.variation += fabs(p[j] - r[j]) / 2;
        row.hellinger += pow(sqrt(p[j]) - sqrt(r[j]), 2) / 2;
        row.product += p[j] * r[j];
        row.square += p[j] * p[j];
        row.other += r[j] * r[j];
        row.distance += fabs(p[j] - r[j]);
        row.distance2 += pow(p[j] - r[j], 2);
        row.recall += before < top ? r[j] : 0;
        best += before_r < top ? r[j] : 0;
        common += before < top && before_r < top;
        is_top[j] = before_r < top;
    }
    for (size_t j = 0; j < count; j++)
        for (size_t l = 0; l < count; l++)
            if (is_top[j] && is_top[l] && r[j] > r[l]) {
                pairs++;
                row.order += (p[j] > p[l]) - (p[j] < p[l]);
            }
    row.order = pairs > 0 ? row.order / pairs : NAN;
    row.hellinger = sqrt(row.hellinger);
    row.cosine = row.product / sqrt(row.square * row.other);
    row.overlap = (double)common / (double)(top < count ? top : count);
    row.recall_relative = row.recall / best;
    return row;
}

static void expect_near(const lln_row_pair *row, const lln_row_pair *wanted,
                        double tolerance)
{
    expect_absolute(row->js, wanted->js, 2 * tolerance);
    expect_relative(row->js, wanted->js, 100 * tolerance + tolerance / 1e-3);
    expect_absolute(row->kl, wanted->kl, 10 * tolerance * (1 + wanted->kl));
    expect_absolute(row->kl_reverse, wanted->kl_reverse,
                    10 * tolerance * (1 + wanted->kl_reverse));
    expect_absolute(row->variation, wanted->variation, 10 * tolerance);
    expect_absolute(row->hellinger, wanted->hellinger, 10 * tolerance);
    expect_absolute(row->cosine, wanted->cosine, 10 * tolerance);
    expect_absolute(row->recall, wanted->recall, 10 * tolerance);
    expect_absolute(row->recall_relative, wanted->recall_relative,
                    10 * tolerance);
    expect_absolute(row->distance, wanted->distance, 10 * tolerance);
    expect_absolute(row->distance2, wanted->distance2, 10 * tolerance);
    expect_absolute(row->order, wanted->order, 1e-14);
    expect_relative(row->overlap, wanted->overlap, 1e-15);
}

/* Scores with a few equal values, and their row. */
typedef struct {
    double scores[MOST], p[MOST];
    float single[MOST];
    lln_row_scores row;
} drawn_row;

static void draw_row(uint64_t seed, size_t count, double deviation, bool ties,
                     drawn_row *out)
{
    double max = -INFINITY, sum = 0;
    draw_numbers(seed, count, deviation, out->scores);
    for (size_t j = 0; j < count; j++) {
        if (ties)
            out->scores[j] = rint(out->scores[j]);
        out->single[j] = (float)out->scores[j];
        out->scores[j] = (double)out->single[j];
        max = fmax(max, out->scores[j]);
    }
    for (size_t j = 0; j < count; j++)
        sum += exp(out->scores[j] - max);
    out->row = (lln_row_scores){.max = max, .log_norm = log(sum), .sum = 1};
    for (size_t j = 0; j < count; j++)
        out->p[j] = exp(out->scores[j] - max) / sum;
}

static lln_row_pair compare(drawn_row *p, drawn_row *r, size_t count,
                            size_t top, bool single)
{
    p->row.scores = single ? (void *)p->single : p->scores;
    r->row.scores = single ? (void *)r->single : r->scores;
    return lln_row_pair_from_scores(single ? LLN_FLOAT32 : LLN_FLOAT64, &p->row,
                                    &r->row, count, top, true);
}

static drawn_row first, second;

static const struct {
    size_t count, top;
    double deviation;
    bool ties;
} rows[] = {{1, 1, 1, false},     {2, 1, 1, false},    {3, 5, 2, true},
            {17, 4, 1, false},    {64, 10, 0, false},  {300, 10, 1, false},
            {300, 10, 2, true},   {511, 256, 3, true}, {1024, 10, 1, false},
            {1025, 100, 5, true}, {2048, 7, 1, true},  {2048, 256, 0.01, false},
            {700, 10, 30, false}};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

START_TEST(scores_against_slow)
{
    size_t count = rows[_i].count, top = rows[_i].top;
    draw_row(7 + (uint64_t)_i, count, rows[_i].deviation, rows[_i].ties,
             &first);
    draw_row(90 + (uint64_t)_i, count, rows[_i].deviation, rows[_i].ties,
             &second);
    lln_row_pair wanted = slow(first.p, second.p, count, top);
    lln_row_pair entries =
        lln_row_pair_from_entries(first.p, second.p, count, top);
    lln_row_pair scores = compare(&first, &second, count, top, false);
    expect_near(&entries, &wanted, 1e-14);
    expect_near(&scores, &wanted, 2e-14);
    scores = compare(&first, &second, count, top, true);
    expect_near(&scores, &wanted, 4e-7);
    scores = compare(&first, &first, count, top, true);
    ck_assert(scores.js == 0 && scores.variation == 0 && scores.kl == 0);
    ck_assert(scores.hellinger == 0 && scores.overlap == 1);
    expect_absolute(scores.cosine, 1, 1e-15);
    ck_assert(scores.distance == 0 && scores.distance2 == 0);
}
END_TEST

/* FOCUS: TV^2/2 <= JS <= ln2 TV (Lin 1991 and Pinsker), Hell^2 <= TV <= Hell
 * sqrt(2 - Hell^2) (Le Cam), symmetry, and the recall on the keys of another
 * row is at most that on the own ones. */
static void check_inequalities(const lln_row_pair *row, double slack)
{
    double tv = row->variation, squared = row->hellinger * row->hellinger;
    ck_assert(row->js >= tv * tv / 2 - slack);
    ck_assert(row->js <= LN2 * tv + slack);
    ck_assert(squared <= tv + slack);
    ck_assert(tv <= row->hellinger * sqrt(2 - squared) + slack);
    ck_assert(row->kl >= 2 * tv * tv - 10 * slack); /* Pinsker */
    ck_assert(row->recall_relative <= 1 + slack);
    ck_assert(row->js >= 0 && row->cosine >= 0 && row->cosine <= 1);
}

START_TEST(inequalities)
{
    for (uint64_t i = 0; i < 10000; i++) {
        size_t count = 2 + lln_random_number(3, i) % 60;
        double deviation = 0.01 * pow(1000, (double)(i % 101) / 100);
        draw_row(2 * i, count, deviation, i % 7 == 0, &first);
        draw_row(2 * i + 1, count, deviation, i % 7 == 0, &second);
        for (int single = 0; single < 2; single++) {
            lln_row_pair row = compare(&first, &second, count, 3, single);
            lln_row_pair back = compare(&second, &first, count, 3, single);
            double slack = single ? 1e-6 : 1e-14;
            check_inequalities(&row, slack);
            expect_absolute(row.js, back.js, slack);
            expect_absolute(row.kl, back.kl_reverse, 10 * slack);
            expect_absolute(row.hellinger, back.hellinger, 10 * slack);
            expect_absolute(row.cosine, back.cosine, slack);
            ck_assert(row.overlap == back.overlap);
        }
    }
}
END_TEST

/* Hidden keys are no keys; keys that only one row hides make it undefined. */
START_TEST(scores_hidden)
{
    float p[] = {0, -INFINITY, 1, 2}, r[] = {1, -INFINITY, 1, 0};
    float all[] = {-INFINITY, -INFINITY}, kept[] = {1, 1};
    double a[] = {1, M_E, M_E * M_E}, b[] = {M_E, M_E, 1}, sum = 0, other = 0;
    for (int j = 0; j < 3; j++) {
        sum += a[j];
        other += b[j];
    }
    lln_row_scores row = {p, 2, log(sum) - 2, 0.5, true, LLN_DOMAIN_LOG, NULL};
    lln_row_scores with = {r,   1, log(other) - 1, 0.25, true, LLN_DOMAIN_LOG,
                           NULL};
    lln_row_pair out =
        lln_row_pair_from_scores(LLN_FLOAT32, &row, &with, 4, 3, true);
    lln_row_scores_take_weights(LLN_FLOAT32, &row, 4);
    lln_row_scores_take_weights(LLN_FLOAT32, &with, 4);
    for (int j = 0; j < 3; j++) {
        a[j] /= sum;
        b[j] /= other;
    }
    lln_row_pair wanted = slow(a, b, 3, 3);
    expect_absolute(out.js, wanted.js, 1e-6);
    expect_absolute(out.recall, 0.25, 1e-6); /* rows as they are */
    expect_absolute(out.product, 0.125 * wanted.product, 1e-6);
    ck_assert(out.overlap == 1);
    expect_absolute((double)p[3], a[2], 1e-6); /* weights */
    expect_absolute((double)r[0], b[0], 1e-6);
    expect_absolute((double)p[1], 0, 1e-30);
    row = (lln_row_scores){all, -INFINITY, 0, 0, true, LLN_DOMAIN_LOG, NULL};
    out = lln_row_pair_from_scores(LLN_FLOAT32, &row, &row, 2, 1, true);
    ck_assert(isnan(out.js) && isnan(out.overlap));
    with = (lln_row_scores){kept, 1, 0, 1, false, LLN_DOMAIN_LOG, NULL};
    out = lln_row_pair_from_scores(LLN_FLOAT32, &row, &with, 2, 1, true);
    ck_assert(isnan(out.js) && isnan(out.recall));
}
END_TEST

/* Logits that differ by thousands. */
START_TEST(scores_far)
{
    double p[] = {0, -5000, -1}, r[] = {-3000, 0, -4000};
    lln_row_scores row = {p, 0, log1p(exp(-1)), 1, false, LLN_DOMAIN_LOG, NULL};
    lln_row_scores with = {r, 0, 0, 1, false, LLN_DOMAIN_LOG, NULL};
    lln_row_pair out =
        lln_row_pair_from_scores(LLN_FLOAT64, &row, &with, 3, 1, true);
    double a = 1 / (1 + exp(-1)), b = 1 - a;
    expect_relative(out.js, LN2, 1e-14);
    expect_relative(out.kl, a * (log(a) + 3000) + b * (log(b) + 4000), 1e-14);
    expect_relative(out.kl_reverse, 5000 - log(a), 1e-14);
    expect_relative(out.variation, 1, 1e-14);
    ck_assert(out.overlap == 0);
}
END_TEST

START_TEST(outputs)
{
    static const double pv[] = {3, 4}, rv[] = {4, 3}, zero[2];
    static const float single[] = {3, 4};
    lln_row_pair row = lln_row_pair_undefined();
    lln_row_pair_outputs(LLN_FLOAT64, pv, rv, 2, &row);
    expect_relative(row.output_cosine, 0.96, 1e-15);
    ck_assert(row.error2 == 2 && row.output2 == 25);
    lln_row_pair_outputs(LLN_FLOAT32, single, single, 2, &row);
    expect_relative(row.output_cosine, 1, 1e-15);
    lln_row_pair_outputs(LLN_FLOAT64, pv, zero, 2, &row);
    ck_assert(isnan(row.output_cosine) && row.output2 == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_pair");
    TCase *entries = tcase_create("lln_row_pair_from_entries");
    tcase_add_test(entries, entries_by_hand);
    tcase_add_test(entries, entries_extreme);
    tcase_add_test(entries, entries_negative);
    suite_add_tcase(suite, entries);
    TCase *scores = tcase_create("lln_row_pair_from_scores");
    tcase_add_loop_test(scores, scores_against_slow, 0, ROW_COUNT);
    tcase_add_test(scores, inequalities);
    tcase_add_test(scores, scores_hidden);
    tcase_add_test(scores, scores_far);
    suite_add_tcase(suite, scores);
    TCase *results = tcase_create("lln_row_pair_outputs");
    tcase_add_test(results, outputs);
    suite_add_tcase(suite, results);
    return run_suite(suite);
}
