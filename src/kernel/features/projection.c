/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random matrices from a GSL generator, with one stream for each draw. */
#include "kernel/features/projection.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "core/memory.h"
#include "core/random.h"
#include "kernel/arrays.h"
#include "kernel/row_math.h"

/* Parts of the random numbers of an orthogonal matrix. */
enum { DIRECTIONS, LENGTHS };

lln_status lln_projection_normal(const lln_kernel_choice *choice, uint64_t part,
                                 size_t count, double deviation, double *out)
{
    /* Number 0 of the seed is used for sampled heads, see lln_random_seed. */
    uint64_t seed = lln_random_number(choice->seed, part + 1);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (!rng)
        return lln_fail(LLN_ENOMEM, "out of memory: random numbers");
    gsl_rng_set(rng, lln_random_seed(seed, choice->draw));
    for (size_t i = 0; i < count; i++)
        out[i] = gsl_ran_gaussian_ziggurat(rng, deviation);
    gsl_rng_free(rng);
    return LLN_OK;
}

static void scale_row(double *row, size_t columns, double factor)
{
    for (size_t l = 0; l < columns; l++)
        row[l] *= factor;
}

/* Gram-Schmidt on `rows` <= columns rows, done twice so that they are
 * orthogonal to the last digit. */
static void orthonormalise(double *block, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++) {
        double *row = block + i * columns;
        for (size_t pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < i; j++) {
                const double *other = block + j * columns;
                double share = lln_row_dot(row, other, columns);
                for (size_t l = 0; l < columns; l++)
                    row[l] -= share * other[l];
            }
        scale_row(row, columns, 1 / sqrt(lln_row_dot(row, row, columns)));
    }
}

lln_status lln_projection_orthogonal(const lln_kernel_choice *choice,
                                     size_t rows, size_t columns, double *out)
{
    double *other = lln_array_alloc_raw(rows * columns, sizeof *other);
    lln_status status = other ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status =
            lln_projection_normal(choice, DIRECTIONS, rows * columns, 1, out);
    if (status == LLN_OK)
        status =
            lln_projection_normal(choice, LENGTHS, rows * columns, 1, other);
    for (size_t i = 0; status == LLN_OK && i < rows; i += columns)
        orthonormalise(out + i * columns,
                       rows - i < columns ? rows - i : columns, columns);
    for (size_t i = 0; status == LLN_OK && i < rows; i++) {
        const double *row = other + i * columns;
        scale_row(out + i * columns, columns,
                  sqrt(lln_row_dot(row, row, columns)));
    }
    free(other);
    return status;
}

lln_status lln_projection_open(const lln_kernel_choice *choice, lln_draw draw,
                               size_t columns, size_t *rows, double **w)
{
    lln_matrix given;
    LLN_TRY(lln_kernel_array_values(choice, "w", &given));
    LLN_TRY(lln_kernel_count(choice, "features", rows));
    if (given.data)
        *rows = given.rows;
    *w = lln_array_alloc_raw(*rows * columns, sizeof **w);
    if (!*w)
        return LLN_ENOMEM;
    if (given.data)
        lln_matrix_convert(given, LLN_FLOAT64, *w);
    else if (draw == LLN_PROJECTION_ORTHOGONAL)
        return lln_projection_orthogonal(choice, *rows, columns, *w);
    else
        return lln_projection_normal(choice, 0, *rows * columns, 1, *w);
    return LLN_OK;
}

void lln_projection_fourier(const double *x, size_t count, size_t d,
                            const double *w, size_t rows, double added,
                            double factor, double *out)
{
    lln_row_products(1, x, count, w, rows, d, 2 * rows, out);
    for (size_t i = 0; i < count; i++, x += d, out += 2 * rows) {
        double length = sqrt(lln_row_dot(x, x, d)) + added;
        for (size_t l = 0; l < rows; l++) {
            double angle = length > 0 ? out[l] / length : 0;
            out[l] = factor * sin(angle);
            out[rows + l] = factor * cos(angle);
        }
    }
}
