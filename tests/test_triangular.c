/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * R'R = X'X for the triangular factor of X, from chunks of any size. */
#include "measure/triangular.h"

#include "head_cases.h"

enum { ROWS = 23, R = 5 };

START_TEST(append_chunks)
{
    double x[ROWS * R], triangle[R * R] = {0};
    size_t step = (size_t)_i + 1;
    double *work = lln_array_alloc(lln_triangular_work(step, R), sizeof *work);
    draw_numbers(3, ROWS * R, 1, x);
    for (size_t first = 0; first < ROWS; first += step)
        expect_ok(lln_triangular_append(triangle, x + first * R,
                                        lln_size_smaller(step, ROWS - first), R,
                                        work));
    for (size_t a = 0; a < R; a++)
        for (size_t b = 0; b < R; b++) {
            double sum = 0, expected = 0;
            for (size_t l = 0; l < R; l++)
                sum += triangle[l * R + a] * triangle[l * R + b];
            for (size_t i = 0; i < ROWS; i++)
                expected += x[i * R + a] * x[i * R + b];
            expect_absolute(sum, expected, 1e-13);
            ck_assert(a <= b || triangle[a * R + b] == 0);
        }
    free(work);
}
END_TEST

/* (3; 4) has |R| = 5. */
START_TEST(append_column)
{
    double x[] = {3, 4}, triangle[] = {0}, work[8];
    ck_assert_uint_le(lln_triangular_work(2, 1), 8);
    expect_ok(lln_triangular_append(triangle, x, 2, 1, work));
    expect_relative(fabs(triangle[0]), 5, 1e-15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("triangular");
    TCase *triangular = tcase_create("triangular");
    tcase_add_loop_test(triangular, append_chunks, 0, ROWS);
    tcase_add_test(triangular, append_column);
    suite_add_tcase(suite, triangular);
    return run_suite(suite);
}
