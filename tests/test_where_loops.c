/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops over weights against plain sums. */
#include "measure/where_loops.h"

#include "head_cases.h"

enum { COUNT = 1100, STRIDE = 1111 };

static double at(lln_precision precision, const void *weights, size_t i)
{
    return lln_matrix_get((lln_matrix){precision, 1, i + 1, weights}, 0, i);
}

/* Both precisions, and lengths around those of vectors and segments. */
START_TEST(loops_plain)
{
    static const size_t counts[] = {1, 15, 16, 17, 512, 513, COUNT};
    static double full[LLN_WHERE_ROWS * STRIDE];
    static float single[LLN_WHERE_ROWS * STRIDE];
    lln_precision precision = _i ? LLN_FLOAT32 : LLN_FLOAT64;
    const void *weights = _i ? (void *)single : full;
    double tolerance = _i ? 1e-6 : 1e-13;
    draw_numbers(7, LLN_WHERE_ROWS * STRIDE, 1, full);
    for (size_t i = 0; i < LLN_WHERE_ROWS * STRIDE; i++) {
        full[i] = fabs(full[i]);
        single[i] = (float)full[i];
    }
    for (size_t c = 0; c < 7; c++) {
        double mass = 0, moment = 0, wanted_mass = 0, wanted_moment = 0;
        for (size_t j = 0; j < counts[c]; j++) {
            wanted_mass += at(precision, weights, j);
            wanted_moment +=
                at(precision, weights, j) * fabs(300.0 - (double)j);
        }
        lln_where_segment(precision, weights, counts[c], 300, &mass, &moment);
        expect_relative(mass, wanted_mass, tolerance);
        expect_relative(moment, wanted_moment, tolerance);
        for (size_t rows = 1; rows <= LLN_WHERE_ROWS; rows++) {
            double factor[LLN_WHERE_ROWS], y[COUNT] = {0}, worst = 0;
            for (size_t r = 0; r < rows; r++)
                factor[r] = 0.5 + (double)r;
            lln_where_add(precision, weights, STRIDE, rows, counts[c], factor,
                          y);
            for (size_t j = 0; j < counts[c]; j++) {
                double sum = 0;
                for (size_t r = 0; r < rows; r++)
                    sum += factor[r] * at(precision, weights, r * STRIDE + j);
                worst = fmax(worst, fabs(y[j] - sum) / sum);
            }
            expect_absolute(worst, 0, tolerance);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where_loops");
    TCase *loops = tcase_create("where_loops");
    tcase_add_loop_test(loops, loops_plain, 0, 2);
    suite_add_tcase(suite, loops);
    return run_suite(suite);
}
