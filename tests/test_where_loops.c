/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums over the weights of a panel against plain loops in float64. */
#include "measure/where_loops.h"

#include <math.h>

#include "expect.h"

enum { COUNT = 1300, STRIDE = 1307 };

/* Positive weights that both precisions represent. */
static void fill(float *single, double *wide, size_t count)
{
    for (size_t j = 0; j < count; j++)
        wide[j] = (double)(single[j] = (float)(j * 37 % 101) / 128);
}

/* _i: the precision. Longer than a segment; the lag is inside the row. */
START_TEST(segment_long)
{
    static float single[COUNT];
    static double wide[COUNT];
    double mass = 2, moment = 3, wanted_mass = 2, wanted_moment = 3;
    fill(single, wide, COUNT);
    for (size_t j = 0; j < COUNT; j++) {
        wanted_mass += wide[j];
        wanted_moment += wide[j] * fabs(700. - (double)j);
    }
    lln_where_segment(_i ? LLN_FLOAT64 : LLN_FLOAT32,
                      _i ? (const void *)wide : single, COUNT, 700, &mass,
                      &moment);
    expect_relative(mass, wanted_mass, _i ? 1e-14 : 1e-6);
    expect_relative(moment, wanted_moment, _i ? 1e-14 : 1e-6);
}
END_TEST

START_TEST(segment_none)
{
    double mass = 2, moment = 3;
    lln_where_segment(LLN_FLOAT64, NULL, 0, 5, &mass, &moment);
    ck_assert(mass == 2 && moment == 3);
}
END_TEST

/* 1 to 8 rows: 8 take another loop. */
START_TEST(add_rows)
{
    static float single[LLN_WHERE_ROWS * STRIDE];
    static double wide[LLN_WHERE_ROWS * STRIDE], y[COUNT];
    static const double factor[LLN_WHERE_ROWS] = {0.5,  1.25, 3, 0.125,
                                                  0.75, 2,    1, 0.25};
    fill(single, wide, LLN_WHERE_ROWS * STRIDE);
    for (size_t rows = 1; rows <= LLN_WHERE_ROWS; rows++) {
        for (size_t j = 0; j < COUNT; j++)
            y[j] = (double)j;
        lln_where_add(_i ? LLN_FLOAT64 : LLN_FLOAT32,
                      _i ? (const void *)wide : single, STRIDE, rows, COUNT,
                      factor, y);
        for (size_t j = 0; j < COUNT; j++) {
            double wanted = (double)j;
            for (size_t r = 0; r < rows; r++)
                wanted += factor[r] * wide[r * STRIDE + j];
            expect_relative(y[j], wanted, _i ? 1e-14 : 1e-6);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where_loops");
    TCase *segment = tcase_create("lln_where_segment");
    TCase *add = tcase_create("lln_where_add");
    tcase_add_loop_test(segment, segment_long, 0, 2);
    tcase_add_test(segment, segment_none);
    tcase_add_loop_test(add, add_rows, 0, 2);
    suite_add_tcase(suite, segment);
    suite_add_tcase(suite, add);
    return run_suite(suite);
}
