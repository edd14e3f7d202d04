/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of matching have in common: the references of
 * tests/data/cases/cases_matching.csv (dense float64 programs and quadrature),
 * and small heads. */
#ifndef LLN_TESTS_MATCH_CASE_H
#define LLN_TESTS_MATCH_CASE_H

#include "cases.h"
#include "match/lln_side.h"
#include "match/match.h"
#include "measure/row_sample.h"

static const char *const names[] = {"A", "B", "C"};

/* Columns of cases_matching.csv. */
enum { TARGET, SIDE, ALPHA, BETA, LLN_D1, LLN_D2, REFERENCES = 6 };

static inline void reference(const char *name, const char *method, double *out)
{
    char key[64];
    snprintf(key, sizeof key, "%s,%s,", name, method);
    reference_values("tests/data/cases/cases_matching.csv", key, out,
                     REFERENCES);
}

/* D2 of LLN attention over all rows. */
static inline double measure_at(const lln_head *head, double alpha, double beta)
{
    lln_attention attention;
    lln_row *rows;
    size_t n = 0;
    double variance, error;
    expect_ok(lln_side_attention(head, alpha, beta, &attention));
    expect_ok(lln_rows_alloc(&attention, NULL, &n, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, n, LLN_ROW_MOMENTS, rows));
    lln_rows_mean(rows, n, n, lln_row_variance, &variance, &error);
    free(rows);
    lln_attention_close(&attention);
    return variance;
}

static inline double measure(const lln_head *head, const lln_match *match)
{
    return measure_at(head, match->alpha, match->beta);
}

static inline lln_match solve(const lln_head *head, const char *method)
{
    lln_match match;
    expect_ok(lln_match_solve(lln_match_find(method), head, &match));
    return match;
}

/* A head of two features from literal rows. */
static inline lln_head small_head(const double *q, size_t n, const double *k,
                                  size_t m, size_t d)
{
    lln_head head = {
        .source = "test", .layer = -1, .head = -1, .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, n, d, q};
    head.k = (lln_matrix){LLN_FLOAT64, m, d, k};
    return head;
}

/* Two features. Queries (3 + c, c) with c = +-30, which changes sigma_q but not
 * P, so that alpha stays small; keys (1, 1.5) and 15 times (-1, 1.5). As s
 * grows, the second feature dominates for all keys, so that D2(s) has a
 * maximum. The same in Python, by golden section: 0.01180487376604739 at s =
 * 1.42097. */
#define HUMP_MAXIMUM 0.01180487376604739
#define HUMP_TEXT "the largest found is 0.0118048738, at beta sigma_k = 1.42"
static const double HUMP_KEYS[32] = {
    1,  1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5,
    -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5};
static const double HUMP_QUERIES[8] = {33, 30, -27, -30, 33, 30, -27, -30};

#endif
