/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The values of a matrix from the sums of a pass. */
#include <math.h>
#include <stddef.h>

#include "measure/row_sample.h"
#include "measure/where_internal.h"

enum { GROUPS = LLN_PANEL_GROUPS };

/* Fields that are means over rows. */
static const struct {
    size_t of_row, of_matrix; /* offsets */
} means[] = {
#define MEAN(field)                                                            \
    {                                                                          \
        offsetof(lln_where_row, field), offsetof(lln_where, field)             \
    }
    MEAN(sink_mass),          MEAN(sink_mass_uniform), MEAN(sink_rows),
    MEAN(self_mass),          MEAN(previous_mass),     MEAN(local_mass),
    MEAN(distant_mass),       MEAN(distance_mean),     MEAN(prefix_mass),
    MEAN(grid_distance_mean),
#undef MEAN
};

static double *field(lln_where *where, size_t offset)
{
    return (double *)(void *)((char *)where + offset);
}

static void set_missing(lln_where *where)
{
    double *values = (double *)(void *)where;
    for (size_t i = 0; i < sizeof *where / sizeof *values; i++)
        values[i] = NAN;
}

static void set_means(const lln_where_sums *sums, lln_where *out,
                      lln_where *error)
{
    const size_t stride = sizeof(lln_where_row) / sizeof(double);
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        lln_values_mean(
            (const double *)(const void *)((const char *)sums->rows +
                                           means[i].of_row),
            stride, sums->count, sums->attention->n,
            field(out, means[i].of_matrix), field(error, means[i].of_matrix));
}

/* Adds the arrays [size] of all groups to that of the first, in order. */
static void add_groups(double *array, size_t size)
{
    for (size_t g = 1; array && g < GROUPS; g++)
        for (size_t j = 0; j < size; j++)
            array[j] += array[g * size + j];
}

/* The largest of `count` values and its index, the first of equals; NaN:
 * there is none. */
static void find_largest(const double *values, size_t count, double *largest,
                         double *index)
{
    double most = NAN;
    size_t j = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, values[i]);
    *largest = *index = NAN;
    if (isnan(most))
        return;
    while (!(values[j] >= most - fabs(most) * LLN_WHERE_SLACK))
        j++;
    *largest = most;
    *index = (double)j;
}

/* Turns sums of columns into means, which are NaN below the least number of
 * rows. */
static void set_columns(lln_where_sums *sums, size_t with_keys, lln_where *out)
{
    size_t m = sums->attention->m;
    double *columns = sums->columns, seen = 0;
    add_groups(columns, m);
    add_groups(sums->seen, m + 1);
    find_largest(columns, m, &out->column_share_max, &out->column_share_key);
    out->column_share_max /= (double)with_keys;
    for (size_t j = 0; j < m; j++) {
        seen += sums->seen[j];
        bool enough = seen > 0 && 4 * seen >= (double)sums->count;
        columns[j] = enough ? columns[j] / seen : NAN;
    }
    find_largest(columns, m, &out->column_mass_max, &out->column_mass_key);
}

/* The median of |lag|, from the profile. */
static double profile_median(const lln_where_sums *sums)
{
    const double *profile = sums->profile;
    size_t lags = sums->lags;
    size_t zero = sums->low + lags - sums->attention->m; /* index of lag 0 */
    double all = 0, below = 0;
    for (size_t u = 0; u < lags; u++)
        all += profile[u];
    for (size_t x = 0; x <= zero || zero + x < lags; x++) {
        below += x <= zero && zero - x < lags ? profile[zero - x] : 0;
        below += x > 0 && zero + x < lags ? profile[zero + x] : 0;
        if (all > 0 && below >= (0.5 - LLN_WHERE_SLACK) * all)
            return (double)x;
    }
    return NAN;
}

lln_status lln_where_finish(lln_where_sums *sums, lln_where *out,
                            lln_where *error)
{
    lln_where unused = {0};
    size_t with_keys = 0;
    bool negative = false;
    error = error ? error : &unused;
    set_missing(out);
    set_missing(error);
    for (size_t i = 0; i < sums->count; i++) {
        with_keys += sums->flags[i] & LLN_WHERE_HAS_KEYS;
        negative = negative || (sums->flags[i] & LLN_WHERE_NEGATIVE);
    }
    set_means(sums, out, error);
    if (sums->columns && with_keys > 0)
        set_columns(sums, with_keys, out);
    if (sums->profile) {
        add_groups(sums->profile, sums->lags);
        out->distance_median = profile_median(sums);
    }
    if (sums->grid) {
        const lln_grid *grid = &sums->rule.grid;
        add_groups(sums->grid, grid->height * grid->width);
        LLN_TRY(lln_grid_median(grid, sums->grid, &out->grid_distance_median));
    }
    if (negative) {
        out->distance_mean = error->distance_mean = NAN;
        out->distance_median = NAN;
        out->grid_distance_mean = error->grid_distance_mean = NAN;
        out->grid_distance_median = NAN;
    }
    return LLN_OK;
}
