/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pieces of tiles and the sums over them, against plain loops. */
#include "measure/jackknife_sums.h"

#include "head_cases.h"

/* 700 keys in 6 groups, which begin at 0, 117, 234, 350, 467 and 584. */
START_TEST(cut)
{
    static const struct {
        size_t key, count, pieces, group[4], end[4];
    } cases[] = {
        {0, 512, 5, {0, 1, 2, 3}, {117, 234, 350, 467}},
        {512, 188, 2, {4, 5}, {72, 188}},
        {350, 1, 1, {3}, {1}},
        {116, 2, 2, {0, 1}, {1, 2}},
        {120, 50, 1, {1}, {50}},
        {7, 0, 0, {0}, {0}},
    };
    lln_jackknife groups;
    lln_pieces pieces;
    expect_ok(
        lln_jackknife_open_tokens(700, 700, &(lln_logit_rule){0}, 6, &groups));
    lln_pieces_cut(&groups, cases[_i].key, cases[_i].count, &pieces);
    ck_assert_uint_eq(pieces.count, cases[_i].pieces);
    for (size_t p = 0; p < pieces.count && p < 4; p++) {
        ck_assert_uint_eq(pieces.group[p], cases[_i].group[p]);
        ck_assert_uint_eq(pieces.end[p], cases[_i].end[p]);
    }
    lln_jackknife_free(&groups);
}
END_TEST

/* The second piece loses all its scores. */
START_TEST(drop_hidden)
{
    double scores[] = {1, -INFINITY, 2, -INFINITY, 3, 4};
    float single[] = {1, -INFINITY, 2, -INFINITY, 3, 4};
    for (int i = 0; i < 2; i++) {
        lln_pieces pieces = {3, {4, 5, 6}, {3, 4, 6}};
        void *of = i == 0 ? (void *)scores : single;
        ck_assert_uint_eq(lln_pieces_drop_hidden(&pieces, of, i == 1), 4);
        ck_assert(pieces.count == 2 && pieces.group[0] == 4 &&
                  pieces.group[1] == 6);
        ck_assert(pieces.end[0] == 2 && pieces.end[1] == 4);
    }
    for (int j = 0; j < 4; j++)
        ck_assert(scores[j] == j + 1 && single[j] == (float)(j + 1));
}
END_TEST

START_TEST(sums)
{
    enum { COUNT = 303 };
    double s[COUNT + 8], w[COUNT + 8], scratch[200];
    float sf[COUNT + 16], wf[COUNT + 16];
    lln_pieces pieces = {4, {0, 1, 2, 3}, {1, 17, 203, COUNT}};
    lln_piece_sums out[4], single[4];
    draw_numbers(3, COUNT, 1, s);
    for (size_t j = 0; j < 16; j++)
        sf[COUNT + j] = wf[COUNT + j] = NAN; /* not used */
    for (size_t j = 0; j < 8; j++)
        s[COUNT + j] = w[COUNT + j] = NAN;
    for (size_t j = 0; j < COUNT; j++) {
        w[j] = exp(s[j] - 4);
        sf[j] = (float)s[j];
        wf[j] = (float)w[j];
    }
    bool moments = _i == 1;
    lln_piece_sums_f64(s, w, &pieces, moments, 4, 0.2, scratch, out);
    lln_piece_sums_f32(sf, wf, &pieces, moments, 4, 0.2, scratch, single);
    for (size_t p = 0, j = 0; p < 4; p++) {
        double sum = 0, slope = 0, square = 0, top = 0, power[5] = {0};
        for (; j < pieces.end[p]; j++) {
            sum += w[j];
            slope -= w[j] * (s[j] - 4);
            square += w[j] * w[j];
            top = fmax(top, w[j]);
            for (int r = 1; r < 5; r++)
                power[r] += pow(s[j] - 0.2, r);
        }
        expect_relative(out[p].sum, sum, 1e-13);
        expect_relative(single[p].sum, sum, 1e-5);
        expect_relative(out[p].slope, moments ? 0 : slope, 1e-13);
        expect_relative(single[p].slope, moments ? 0 : slope, 1e-5);
        expect_relative(out[p].square, moments ? 0 : square, 1e-13);
        expect_relative(out[p].top, moments ? 0 : top, 0);
        for (int r = 1; r < 5; r++) {
            expect_absolute(out[p].power[r], moments ? power[r] : 0,
                            1e-13 * power[4]);
            expect_absolute(single[p].power[r], moments ? power[r] : 0,
                            1e-5 * (1 + power[4]));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jackknife_sums");
    TCase *tests = tcase_create("jackknife_sums");
    tcase_add_loop_test(tests, cut, 0, 6);
    tcase_add_test(tests, drop_hidden);
    tcase_add_loop_test(tests, sums, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
