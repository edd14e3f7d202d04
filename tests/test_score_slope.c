/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/score_slope.h"

#include "dense.h"

enum { N = 5, M = 7, D = 3 };

/* Scores of all rows with queries c times as long, as logarithms [N x M]. */
static void scores_at(const char *kernel, const lln_head *head, double c,
                      double *out)
{
    double q[N * D];
    lln_head scaled = *head;
    lln_attention attention;
    lln_tiles tiles;
    for (size_t i = 0; i < N * D; i++)
        q[i] = c * ((const double *)head->q.data)[i];
    scaled.q.data = q;
    open_kernel(kernel, &scaled, NULL, 0, &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_tiles_open(&attention, N, &tiles));
    lln_tiles_start(&tiles, NULL, 0, N);
    ck_assert(lln_tiles_next(&tiles) && tiles.keys == M);
    for (size_t i = 0; i < N * M; i++) {
        double score = ((const double *)tiles.scores)[i];
        bool linear = attention.tiles.domain == LLN_DOMAIN_LINEAR;
        out[i] = linear ? log(score) : score;
    }
    lln_tiles_close(&tiles);
    lln_attention_close(&attention);
}

/* The derivatives of the logarithms of scores, but for a constant of each
 * row. */
static void slopes_of(const char *kernel, const lln_head *head, double *out)
{
    lln_attention attention;
    lln_tiles tiles;
    double packed[N * D], scores[N * M];
    open_kernel(kernel, head, NULL, 0, &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_tiles_open(&attention, N, &tiles));
    lln_tiles_start(&tiles, NULL, 0, N);
    lln_score_slope_start(&tiles, packed);
    ck_assert(lln_tiles_next(&tiles));
    lln_score_slope_tile(&tiles, packed, out);
    memcpy(scores, tiles.scores, sizeof scores);
    for (size_t i = 0; attention.tiles.domain == LLN_DOMAIN_LINEAR && i < N * M;
         i++)
        out[i] /= scores[i];
    lln_tiles_close(&tiles);
    lln_attention_close(&attention);
}

static void subtract_first(double *x)
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = M; j-- > 0;)
            x[i * M + j] -= x[i * M];
}

/* Derivatives agree with differences of scores. */
START_TEST(slope_tile)
{
    static const struct {
        const char *kernel;
        double cap;
    } cases[] = {{"softmax", 0},
                 {"softmax", 1.5},
                 {"softmax", 1e-3}, /* all logits are at the cap */
                 {"lln:alpha=1.2:beta=-0.7", 0},
                 {"lln:alpha=1.2:beta=1000", 0}};
    const double h = 1e-5;
    lln_head head = drawn_head(N, M, D, 1.5, false);
    double slopes[N * M], above[N * M], below[N * M];
    head.rule.softcap = cases[_i].cap;
    slopes_of(cases[_i].kernel, &head, slopes);
    scores_at(cases[_i].kernel, &head, exp(h), above);
    scores_at(cases[_i].kernel, &head, exp(-h), below);
    for (size_t i = 0; i < N * M; i++)
        above[i] = (above[i] - below[i]) / (2 * h);
    subtract_first(slopes);
    subtract_first(above);
    expect_all((lln_matrix){LLN_FLOAT64, N, M, slopes}, above, 1e-7);
    lln_head_free(&head);
}
END_TEST

START_TEST(slope_known)
{
    static const struct {
        const char *kernel;
        bool known;
    } cases[] = {{"softmax", true},
                 {"lln:alpha=1:beta=1", true},
                 {"window", true},
                 {"elu", false},
                 {"relu", false},
                 {"kvt:k=2", false},
                 {"nystrom:landmarks=4", false},
                 {"lln:alpha=1:beta=1:eps=1e-5", false}};
    lln_head head = drawn_head(8, 8, D, 1, false);
    lln_attention attention;
    open_kernel(cases[_i].kernel, &head, NULL, 0, &attention);
    ck_assert(lln_score_slope_is_known(&attention) == cases[_i].known);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score_slope");
    TCase *slopes = tcase_create("slopes");
    tcase_add_loop_test(slopes, slope_tile, 0, 5);
    tcase_add_loop_test(slopes, slope_known, 0, 8);
    suite_add_tcase(suite, slopes);
    return run_suite(suite);
}
