/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inner loops of products against plain sums. Weights are whole numbers, so
 * that both are exact in either precision. */
#include "measure/operator_rows.h"

#include <string.h>

#include "head_cases.h"

enum { ROWS = 11, STRIDE = 40, COLUMNS = 37, MOST = 8 };

/* Whole numbers from -8 to 7. */
static double whole(uint64_t seed, size_t index)
{
    return (double)(lln_random_number(seed, index) % 16) - 8;
}

/* The same weights in either precision. */
typedef struct {
    double full[ROWS * STRIDE];
    float single[ROWS * STRIDE];
    const void *data[2];
} weights;

static void draw_weights(weights *w)
{
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        w->single[i] = (float)(w->full[i] = whole(1, i));
    w->data[LLN_FLOAT32] = w->single;
    w->data[LLN_FLOAT64] = w->full;
}

/* 1 to ROWS rows, with remainders, in both precisions. */
START_TEST(dots_exact)
{
    weights w;
    double x[COLUMNS], out[ROWS + 1];
    size_t rows = (size_t)_i + 1;
    draw_weights(&w);
    for (size_t j = 0; j < COLUMNS; j++)
        x[j] = whole(2, j);
    for (int precision = 0; precision < 2; precision++) {
        out[rows] = 0.25;
        lln_operator_dots((lln_precision)precision, w.data[precision], STRIDE,
                          rows, COLUMNS, x, out);
        for (size_t i = 0; i < rows; i++) {
            double sum = 0;
            for (size_t j = 0; j < COLUMNS; j++)
                sum += w.full[i * STRIDE + j] * x[j];
            ck_assert(out[i] == sum);
        }
        ck_assert(out[rows] == 0.25);
    }
}
END_TEST

START_TEST(block_dots_exact)
{
    weights w;
    double x[COLUMNS * MOST], out[ROWS * MOST + 1];
    size_t rows = (size_t)_i / 2 + 1, columns = _i % 2 ? 8 : 4;
    draw_weights(&w);
    for (size_t j = 0; j < COLUMNS * columns; j++)
        x[j] = whole(3, j);
    for (int precision = 0; precision < 2; precision++) {
        out[rows * columns] = 0.25;
        lln_operator_block_dots((lln_precision)precision, w.data[precision],
                                STRIDE, rows, COLUMNS, x, columns, out);
        for (size_t i = 0; i < rows; i++)
            for (size_t c = 0; c < columns; c++) {
                double sum = 0;
                for (size_t j = 0; j < COLUMNS; j++)
                    sum += w.full[i * STRIDE + j] * x[j * columns + c];
                ck_assert(out[i * columns + c] == sum);
            }
        ck_assert(out[rows * columns] == 0.25);
    }
}
END_TEST

START_TEST(add_exact)
{
    weights w;
    double factor[ROWS], y[STRIDE];
    size_t rows = (size_t)_i + 1;
    draw_weights(&w);
    for (size_t i = 0; i < ROWS; i++)
        factor[i] = whole(4, i);
    for (int precision = 0; precision < 2; precision++) {
        for (size_t j = 0; j < STRIDE; j++)
            y[j] = (double)j;
        lln_operator_add((lln_precision)precision, w.data[precision], STRIDE,
                         rows, COLUMNS, factor, y);
        for (size_t j = 0; j < STRIDE; j++) {
            double sum = (double)j;
            for (size_t i = 0; i < rows && j < COLUMNS; i++)
                sum += factor[i] * w.full[i * STRIDE + j];
            ck_assert(y[j] == sum);
        }
    }
}
END_TEST

START_TEST(add_squares_exact)
{
    weights w;
    double factor[ROWS], y[STRIDE];
    size_t rows = (size_t)_i + 1;
    draw_weights(&w);
    for (size_t i = 0; i < ROWS; i++)
        factor[i] = whole(4, i);
    for (int precision = 0; precision < 2; precision++) {
        for (size_t j = 0; j < STRIDE; j++)
            y[j] = (double)j;
        lln_operator_add_squares((lln_precision)precision, w.data[precision],
                                 STRIDE, rows, COLUMNS, factor, y);
        for (size_t j = 0; j < STRIDE; j++) {
            double sum = (double)j;
            for (size_t i = 0; i < rows && j < COLUMNS; i++)
                sum += pow(factor[i] * w.full[i * STRIDE + j], 2);
            ck_assert(y[j] == sum);
        }
    }
}
END_TEST

/* Weights before COLUMNS; from there on only the mean counts. The scale is
 * 1/4. */
START_TEST(distance_exact)
{
    weights w;
    double mean[STRIDE], sum = 0;
    draw_weights(&w);
    for (size_t j = 0; j < STRIDE; j++) {
        mean[j] = whole(5, j);
        double delta = (j < COLUMNS ? w.full[j] / 4 : 0) - mean[j];
        sum += delta * delta;
    }
    for (int precision = 0; precision < 2; precision++)
        ck_assert(lln_operator_distance((lln_precision)precision,
                                        w.data[precision], COLUMNS, 0.25, mean,
                                        STRIDE) == sum);
}
END_TEST

/* Softmax of scores 3 .. 20 of 25 columns, in long double, and zeros around it.
 * The stored weights times scale sum to 1. */
static void check_weights(lln_precision precision, lln_domain domain)
{
    enum { FIRST = 3, END = 21, ALL = 25 };
    double full[ALL], scores[ALL], scale, max, sum = 0, top = 0;
    float single[ALL];
    long double norm = 0;
    bool linear = domain == LLN_DOMAIN_LINEAR,
         narrow = precision == LLN_FLOAT32;
    draw_numbers(7, ALL, 2, full);
    for (size_t j = 0; j < ALL; j++) {
        single[j] = (float)(linear ? exp(full[j]) : full[j]);
        scores[j] = full[j] = (double)single[j];
        if (j >= FIRST && j < END)
            top = j == FIRST ? scores[j] : fmax(top, scores[j]);
        if (j >= FIRST && j < END)
            norm += linear ? (long double)scores[j] : expl(scores[j]);
    }
    void *row = narrow ? (void *)single : full;
    lln_operator_weights(precision, domain, row, FIRST, END, ALL, &scale, &max);
    ck_assert(max == top);
    for (size_t j = 0; j < ALL; j++) {
        double weight = narrow ? (double)single[j] : full[j];
        long double score = linear ? (long double)scores[j] : expl(scores[j]);
        bool inside = j >= FIRST && j < END;
        ck_assert(inside ? weight > 0 && weight <= 1 : weight == 0);
        expect_relative(scale * weight, inside ? (double)(score / norm) : 0,
                        narrow ? 1e-6 : 1e-14);
        sum += weight;
    }
    expect_relative(scale * sum, 1, 1e-15);
}

START_TEST(weights_softmax)
{
    check_weights(_i % 2 ? LLN_FLOAT32 : LLN_FLOAT64,
                  _i / 2 ? LLN_DOMAIN_LINEAR : LLN_DOMAIN_LOG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operator_rows");
    TCase *loops = tcase_create("operator_rows");
    tcase_add_loop_test(loops, dots_exact, 0, ROWS);
    tcase_add_loop_test(loops, block_dots_exact, 0, 2 * ROWS);
    tcase_add_loop_test(loops, add_exact, 0, ROWS);
    tcase_add_loop_test(loops, add_squares_exact, 0, ROWS);
    tcase_add_test(loops, distance_exact);
    tcase_add_loop_test(loops, weights_softmax, 0, 4);
    suite_add_tcase(suite, loops);
    return run_suite(suite);
}
