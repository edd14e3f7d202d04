/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/where_grid.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/where_internal.h"

lln_status lln_grid_check(const lln_grid *grid, size_t n, size_t m)
{
    size_t tokens = grid->prefix + grid->height * grid->width;
    if (grid->height == 0 || (n == tokens && m == tokens))
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "a grid of %zux%zu patches after %zu tokens needs %zu "
                    "queries and keys, but the head has %zu and %zu",
                    grid->height, grid->width, grid->prefix, tokens, n, m);
}

static double weight(const lln_panel *panel, const void *row, size_t at)
{
    return panel->precision == LLN_FLOAT32 ? (double)((const float *)row)[at]
                                           : ((const double *)row)[at];
}

static size_t apart(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* The sum of w_ij dist(i, j) over patches j; adds factor w_ij to the profile.
 */
static double add_patches(const lln_grid *grid, const lln_panel *panel,
                          size_t i, double factor, double *profile)
{
    const void *row = lln_panel_row(panel, i);
    size_t query = panel->queries[i] - grid->prefix, width = grid->width;
    size_t start =
        panel->first[i] > grid->prefix ? panel->first[i] : grid->prefix;
    double sum = 0;
    for (size_t j = start; j < panel->end[i]; j++) {
        size_t key = j - grid->prefix;
        size_t dr = apart(key / width, query / width);
        size_t dc = apart(key % width, query % width);
        double w = weight(panel, row, j - panel->first[i]);
        sum += w * sqrt((double)(dr * dr + dc * dc));
        if (profile)
            profile[dr * width + dc] += factor * w;
    }
    return sum;
}

void lln_grid_row(const lln_grid *grid, const lln_panel *panel, size_t i,
                  double *prefix_mass, double *distance, double *profile)
{
    const void *row = lln_panel_row(panel, i);
    double prefix = 0, patches = 0;
    bool negative = panel->statistics[i].negative > 0;
    *prefix_mass = *distance = NAN;
    if (panel->queries[i] < grid->prefix || panel->keys[i] == 0)
        return;
    for (size_t j = panel->first[i]; j < panel->end[i]; j++)
        *(j < grid->prefix ? &prefix : &patches) +=
            weight(panel, row, j - panel->first[i]);
    *prefix_mass = panel->scale[i] * prefix;
    if (patches > 0 && !negative)
        *distance = add_patches(grid, panel, i, 1 / patches, profile) / patches;
}

typedef struct {
    size_t square; /* of the distance */
    double mass;
} distance_mass;

static int compare_squares(const void *a, const void *b)
{
    size_t x = ((const distance_mass *)a)->square;
    size_t y = ((const distance_mass *)b)->square;
    return (x > y) - (x < y);
}

lln_status lln_grid_median(const lln_grid *grid, const double *profile,
                           double *median)
{
    size_t count = grid->height * grid->width, at = 0;
    double sum = 0, below = 0;
    distance_mass *list = lln_array_alloc(count, sizeof *list);
    if (!list)
        return LLN_ENOMEM;
    for (size_t d = 0; d < count; d++) {
        size_t dr = d / grid->width, dc = d % grid->width;
        list[d] = (distance_mass){dr * dr + dc * dc, profile[d]};
        sum += profile[d];
    }
    qsort(list, count, sizeof *list, compare_squares);
    while (at < count && below < (0.5 - LLN_WHERE_SLACK) * sum)
        below += list[at++].mass;
    *median = sum > 0 ? sqrt((double)list[at - 1].square) : NAN;
    free(list);
    return LLN_OK;
}
