/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys of a row are consecutive lags p_i - j, so that sums over columns and
 * over lags are both sums of vectors. */
#include "measure/where.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/where_internal.h"
#include "measure/where_loops.h"

/* The scratch of one visit. */
typedef struct {
    lln_where_sums *sums;
    const lln_panel *panel;
    double *columns, *seen, *profile, *grid; /* of the group; NULL */
} group_sums;

void lln_where_close(lln_where_sums *sums)
{
    if (!sums)
        return;
    free(sums->rows);
    free(sums->flags);
    free(sums->columns);
    free(sums->seen);
    free(sums->profile);
    free(sums->grid);
    free(sums);
}

static size_t position(const lln_attention *attention, size_t query)
{
    return lln_mask_position(attention->mask, attention->n, attention->m,
                             query);
}

/* Sets the range of positions of the rows. */
static void find_positions(lln_where_sums *sums, const size_t *queries)
{
    size_t high = 0;
    sums->low = SIZE_MAX;
    for (size_t i = 0; i < sums->count; i++) {
        size_t p = position(sums->attention, queries ? queries[i] : i);
        sums->low = lln_size_smaller(sums->low, p);
        high = p > high ? p : high;
    }
    sums->lags = sums->attention->m + high - sums->low;
}

static lln_status alloc_array(const lln_where_sums *sums, bool wanted,
                              size_t count, double **array)
{
    size_t all;
    LLN_TRY(lln_size_multiply(sums->groups, count, &all));
    if (!wanted)
        return LLN_OK;
    *array = lln_array_alloc(all, sizeof **array);
    return *array ? LLN_OK : LLN_ENOMEM;
}

static lln_status alloc_arrays(lln_where_sums *sums)
{
    size_t m = sums->attention->m;
    const lln_grid *grid = &sums->rule.grid;
    bool columns = sums->what & LLN_WHERE_COLUMNS;
    sums->rows = lln_array_alloc(sums->count, sizeof *sums->rows);
    sums->flags = lln_array_alloc(sums->count, 1);
    if (!sums->rows || !sums->flags)
        return LLN_ENOMEM;
    LLN_TRY(alloc_array(sums, columns, m, &sums->columns));
    LLN_TRY(alloc_array(sums, columns, m + 1, &sums->seen));
    LLN_TRY(alloc_array(sums,
                        (sums->what & LLN_WHERE_MEDIAN) && sums->positions,
                        sums->lags, &sums->profile));
    return alloc_array(sums, sums->what & LLN_WHERE_GRID,
                       grid->height * grid->width, &sums->grid);
}

lln_status lln_where_open(const lln_attention *attention, const size_t *queries,
                          size_t count, const lln_where_rule *rule,
                          unsigned what, lln_where_sums **sums)
{
    size_t n = attention->n, m = attention->m;
    *sums = NULL;
    count = queries ? count : n;
    if (count == 0)
        return lln_fail(LLN_EINVAL, "no rows to measure");
    LLN_TRY(lln_grid_check(&rule->grid, n, m));
    lln_where_sums *s = lln_array_alloc(1, sizeof *s);
    if (!s)
        return LLN_ENOMEM;
    *s = (lln_where_sums){
        .attention = attention,
        .rule = *rule,
        .what = what,
        .count = count,
        .groups = lln_panels_groups(attention, queries, count),
        .positions = n == m || lln_mask_hides(attention->mask)};
    if (rule->grid.height == 0)
        s->what &= ~(unsigned)LLN_WHERE_GRID;
    if (s->positions)
        find_positions(s, queries);
    lln_status status = alloc_arrays(s);
    if (status == LLN_OK)
        *sums = s;
    else
        lln_where_close(s);
    return status;
}

/* The key of the sink of a query. */
static size_t sink_of(const lln_attention *attention, size_t query)
{
    const lln_documents *documents = attention->mask.documents;
    return documents ? documents->first[position(attention, query)] : 0;
}

static size_t between(size_t x, size_t low, size_t high)
{
    return x < low ? low : lln_size_smaller(x, high);
}

/* Masses and distance by segments that end where the local keys or those of the
 * sink begin or end. */
static void measure_segments(const lln_where_sums *sums, const lln_panel *panel,
                             size_t i, size_t p, lln_where_row *row)
{
    size_t first = panel->first[i], end = panel->end[i];
    size_t w = sums->rule.local,
           s = sink_of(sums->attention, panel->queries[i]);
    size_t near = between(p + 1 < w ? 0 : p + 1 - w, first, end);
    size_t far = between(w > end ? end : p + w, near, end);
    size_t cuts[4] = {near, far, between(s, first, end),
                      between(s + LLN_WHERE_SINK_KEYS, first, end)};
    size_t size = lln_precision_size(panel->precision);
    const char *weights = lln_panel_row(panel, i);
    double local = 0, distant = 0, moment = 0;
    for (size_t at = first, stop; at < end; at = stop) {
        double mass = 0;
        stop = end;
        for (size_t c = 0; c < 4; c++)
            stop = cuts[c] > at && cuts[c] < stop ? cuts[c] : stop;
        lln_where_segment(panel->precision, weights + (at - first) * size,
                          stop - at, (double)p - (double)at, &mass, &moment);
        if (at >= near && at < far)
            local += mass;
        else if (at < cuts[2] || at >= cuts[3])
            distant += mass;
    }
    row->local_mass = panel->scale[i] * local;
    row->distant_mass = panel->scale[i] * distant;
    if (panel->statistics[i].negative == 0 && panel->sums[i] > 0)
        row->distance_mean = panel->scale[i] * moment / panel->sums[i];
}

/* The smallest x with half of the mass of row i on |p - j| <= x. */
static double row_median(const lln_panel *panel, size_t i, size_t p)
{
    double half = (0.5 - LLN_WHERE_SLACK) * panel->sums[i], below = 0;
    size_t most = panel->high > p ? panel->high : p;
    if (panel->statistics[i].negative > 0 || !(panel->sums[i] > 0))
        return NAN;
    for (size_t x = 0; x <= most; x++) {
        below += x <= p ? lln_panel_entry(panel, i, p - x) : 0;
        below += x > 0 ? lln_panel_entry(panel, i, p + x) : 0;
        if (below >= half)
            return (double)x;
    }
    return NAN;
}

static void measure_row(group_sums *g, size_t i)
{
    lln_where_sums *sums = g->sums;
    const lln_panel *panel = g->panel;
    size_t query = panel->queries[i], s = sink_of(sums->attention, query);
    lln_where_row *row = &sums->rows[panel->index + i];
    *row =
        (lln_where_row){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (panel->keys[i] == 0)
        return;
    bool negative = panel->statistics[i].negative > 0;
    sums->flags[panel->index + i] =
        (unsigned char)(LLN_WHERE_HAS_KEYS |
                        (negative ? LLN_WHERE_NEGATIVE : 0));
    row->sink_rows = lln_panel_sees(panel, i, s);
    if (row->sink_rows == 1) {
        row->sink_mass = lln_panel_entry(panel, i, s);
        row->sink_mass_uniform = 1 / (double)panel->keys[i];
    }
    if (sums->what & LLN_WHERE_GRID)
        lln_grid_row(&sums->rule.grid, panel, i, &row->prefix_mass,
                     &row->grid_distance_mean, g->grid);
    if (!sums->positions)
        return;
    size_t p = position(sums->attention, query);
    if (lln_panel_sees(panel, i, p))
        row->self_mass = lln_panel_entry(panel, i, p);
    if (p > 0 && lln_panel_sees(panel, i, p - 1))
        row->previous_mass = lln_panel_entry(panel, i, p - 1);
    measure_segments(sums, panel, i, p, row);
    if (sums->what & LLN_WHERE_ROW_MEDIANS)
        row->distance_median = row_median(panel, i, p);
}

/* Notes which keys row i may see. */
static void add_seen(const lln_panel *panel, size_t i, double *seen)
{
    size_t first = panel->first[i], end = panel->end[i];
    if (panel->keys[i] == 0)
        return;
    seen[first]++;
    seen[end]--;
    if (panel->keys[i] == end - first)
        return;
    for (size_t j = first; j < end; j++)
        if (!lln_panel_sees(panel, i, j)) {
            seen[j]--;
            seen[j + 1]++;
        }
}

/* Adds rows i .. i + rows - 1, rows <= LLN_WHERE_ROWS, to the sums of columns.
 */
static void add_columns(const group_sums *g, size_t i, size_t rows)
{
    const lln_panel *panel = g->panel;
    size_t low = panel->first[i], high = panel->end[i];
    for (size_t r = 1; r < rows; r++) {
        low = lln_size_smaller(low, panel->first[i + r]);
        high = panel->end[i + r] > high ? panel->end[i + r] : high;
    }
    size_t at = i * panel->stride + low - panel->low;
    lln_where_add(panel->precision,
                  (const char *)panel->weights +
                      at * lln_precision_size(panel->precision),
                  panel->stride, rows, high - low, panel->scale + i,
                  g->columns + low);
}

/* Adds row i from key `from` to key `to` to the profile of lags. */
static void add_lags(const group_sums *g, size_t i, size_t from, size_t to,
                     size_t p, const double *factor, size_t rows)
{
    const lln_panel *panel = g->panel;
    const lln_where_sums *sums = g->sums;
    size_t highest = sums->low + sums->lags - sums->attention->m;
    size_t at = i * panel->stride + from - panel->low;
    if (to > from)
        lln_where_add(panel->precision,
                      (const char *)panel->weights +
                          at * lln_precision_size(panel->precision),
                      panel->stride + 1, rows, to - from, factor,
                      g->profile + (from + highest - p));
}

/* The same for rows i .. i + rows - 1. Rows whose positions follow each other
 * are added at once: row r begins r keys later, so that all have the same
 * lags. */
static void add_profile(const group_sums *g, size_t i, size_t rows)
{
    const lln_panel *panel = g->panel;
    enum { ROWS = LLN_WHERE_ROWS };
    double factor[ROWS];
    size_t p[ROWS], low = panel->first[i], high = panel->end[i];
    bool together = rows == ROWS;
    for (size_t r = 0; r < rows; r++) {
        bool defined = panel->sums[i + r] > 0;
        factor[r] = defined ? panel->scale[i + r] / panel->sums[i + r] : 0;
        p[r] = position(g->sums->attention, panel->queries[i + r]);
        together = together && p[r] == p[0] + r;
        low = lln_size_smaller(low, panel->first[i + r]);
        high = panel->end[i + r] > high ? panel->end[i + r] : high;
    }
    together = together && high - low > ROWS;
    if (together)
        add_lags(g, i, low, high - (ROWS - 1), p[0], factor, ROWS);
    for (size_t r = 0; r < rows; r++) {
        size_t first = panel->first[i + r], end = panel->end[i + r];
        if (together) {
            add_lags(g, i + r, low, low + r, p[r], factor + r, 1);
            add_lags(g, i + r, high - (ROWS - 1) + r, high, p[r], factor + r,
                     1);
        } else {
            add_lags(g, i + r, first, end, p[r], factor + r, 1);
        }
    }
}

static double *of_group(double *array, size_t group, size_t size)
{
    return array ? array + group * size : NULL;
}

void lln_where_visit(void *context, int thread, const lln_panel *panel)
{
    lln_where_sums *s = context;
    size_t m = s->attention->m;
    group_sums g = {s,
                    panel,
                    of_group(s->columns, panel->group, m),
                    of_group(s->seen, panel->group, m + 1),
                    of_group(s->profile, panel->group, s->lags),
                    of_group(s->grid, panel->group,
                             s->rule.grid.height * s->rule.grid.width)};
    (void)thread;
    for (size_t i = 0; i < panel->rows; i += LLN_WHERE_ROWS) {
        size_t rows = lln_size_smaller(panel->rows - i, LLN_WHERE_ROWS);
        for (size_t r = 0; r < rows; r++) {
            measure_row(&g, i + r);
            if (g.seen)
                add_seen(panel, i + r, g.seen);
        }
        if (g.columns)
            add_columns(&g, i, rows);
        if (g.profile)
            add_profile(&g, i, rows);
    }
}

const lln_where_row *lln_where_rows(const lln_where_sums *sums)
{
    return sums->rows;
}
