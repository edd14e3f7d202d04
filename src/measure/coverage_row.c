/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/coverage_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

struct lln_coverage_room {
    uint8_t *index; /* the bin of each weight, [m + 8] */
    void *list;     /* weights of one bin, [m + 8] */
    void *sorted;   /* two copies of the row, for Gini; or NULL */
    lln_coverage_bins bins;
    lln_coverage_counters counters;
};

/* A row with up to so many weights is searched without a histogram. */
enum { FEW = 32 };

/* Sums over a row. */
typedef struct {
    double total, largest, smallest;
} row_sums;

/* Where the search in a bin ended: the amount of the weights above `value`, and
 * the number of those equal to it. */
typedef struct {
    lln_coverage_amount above;
    double value, ties;
} found_value;

/* Whether one of eight bytes equals `byte`: exact, without a branch. */
static inline bool has_byte(const uint8_t *bytes, uint64_t repeated)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    x ^= repeated;
    return ~(((x & low) + low) | x | low) != 0;
}

/* An amount in the unit of the target. */
static double in_unit(const lln_coverage_target *target,
                      lln_coverage_amount amount)
{
    return target->by_mass ? amount.mass : amount.count;
}

static inline float value_of_f32(uint64_t bits)
{
    return lln_from_bits_f32((uint32_t)bits);
}

static inline double value_of_f64(uint64_t bits)
{
    return lln_from_bits_f64(bits);
}

#define LLN_BODY "measure/coverage_row.inc"
#include "core/both_precisions.h"

size_t lln_coverage_size(const lln_coverage_plan *plan)
{
    return plan->shares + plan->tops + plan->gini;
}

double lln_coverage_slack(lln_precision precision)
{
    return precision == LLN_FLOAT32 ? 1e-8 : 1e-12;
}

lln_coverage_room *lln_coverage_room_alloc(size_t m, bool gini)
{
    lln_coverage_room *room = lln_array_alloc(1, sizeof *room);
    if (!room)
        return NULL;
    room->index = lln_array_alloc_raw(m + 8, 1);
    room->list = lln_array_alloc_raw(m + 8, sizeof(double));
    if (gini)
        room->sorted = lln_array_alloc_raw(m, 2 * sizeof(double));
    if (room->index && room->list && (room->sorted || !gini))
        return room;
    lln_coverage_room_free(room);
    return NULL;
}

void lln_coverage_room_free(lln_coverage_room *room)
{
    if (!room)
        return;
    free(room->index);
    free(room->list);
    free(room->sorted);
    free(room);
}

/* A weight that cannot be among the K_p largest: below (1 - p) w / m. With R_k,
 * any weight may count. */
static double least_weight(const lln_coverage_plan *plan, double total,
                           size_t keys)
{
    double part = plan->shares > 0 ? 1 : 0;
    for (size_t i = 0; i < plan->shares; i++)
        part = fmin(part, 1 - plan->share[i]);
    return plan->tops > 0 ? 0 : part * total / (double)keys;
}

/* K_p: the weights above the value, and as many equal to it as are needed. */
static double keys_of(const found_value *found, double need)
{
    double more = ceil((need - found->above.mass) / found->value);
    return found->above.count + fmin(fmax(more, 1), found->ties);
}

static void set_all(double *values, size_t count, double value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static row_sums sum_row(lln_matrix row)
{
    return row.precision == LLN_FLOAT32 ? sum_row_f32(row.data, row.columns)
                                        : sum_row_f64(row.data, row.columns);
}

static found_value search(lln_coverage_room *room, lln_matrix row,
                          const lln_coverage_target *target)
{
    return row.precision == LLN_FLOAT32
               ? search_f32(room, row.data, row.columns, target)
               : search_f64(room, row.data, row.columns, target);
}

/* The sum of the k largest of a row with more than k keys. */
static double largest_sum(lln_coverage_room *room, lln_matrix row, double k)
{
    const lln_coverage_target target = {false, k};
    found_value found = search(room, row, &target);
    return found.above.mass + (k - found.above.count) * found.value;
}

static double gini(lln_coverage_room *room, lln_matrix row, size_t keys)
{
    return row.precision == LLN_FLOAT32
               ? gini_f32(room->sorted, row.data, row.columns, keys)
               : gini_f64(room->sorted, row.data, row.columns, keys);
}

static void fill_bins(const lln_coverage_plan *plan, lln_matrix row,
                      size_t keys, const row_sums *sums,
                      lln_coverage_room *room)
{
    double least = fmax(least_weight(plan, sums->total, keys), sums->smallest);
    if (plan->shares + plan->tops == 0)
        return;
    lln_coverage_bins_start(row.precision, sums->largest, least, &room->bins);
    if (row.columns <= FEW)
        room->bins.last = 0;
    lln_coverage_bins_add(&room->bins, row.data, row.columns, room->index,
                          &room->counters);
}

void lln_coverage_row(const lln_coverage_plan *plan, lln_matrix weights,
                      size_t keys, lln_coverage_room *room, double *out)
{
    row_sums sums = sum_row(weights);
    double w = sums.total, slack = lln_coverage_slack(weights.precision);
    set_all(out, lln_coverage_size(plan), NAN);
    if (!(w > 0 && w < INFINITY && sums.smallest >= 0))
        return;
    fill_bins(plan, weights, keys, &sums, room);
    for (size_t i = 0; i < plan->shares; i++) {
        const lln_coverage_target target = {true, (plan->share[i] - slack) * w};
        found_value found = search(room, weights, &target);
        *out++ = keys_of(&found, target.need);
    }
    for (size_t i = 0; i < plan->tops; i++) {
        size_t k = plan->top[i];
        double sum = k < keys ? largest_sum(room, weights, (double)k) : w;
        *out++ = fmin(sum / w, 1);
    }
    if (plan->gini)
        *out = gini(room, weights, keys) / ((double)keys * w);
}

static void set_middle(lln_coverage_bracket bracket, double *out, double *half)
{
    *out = (bracket.low + bracket.high) / 2;
    *half = (bracket.high - bracket.low) / 2;
}

void lln_coverage_middle(const lln_coverage_plan *plan,
                         const lln_coverage_bins *bins, double keys,
                         double total, double *out, double *half)
{
    size_t size = lln_coverage_size(plan);
    double slack = lln_coverage_slack(bins->precision);
    set_all(out, size, NAN);
    set_all(half, size, NAN);
    if (!(total > 0 && total < INFINITY))
        return;
    for (size_t i = 0; i < plan->shares; i++)
        set_middle(
            lln_coverage_bins_keys(bins, (plan->share[i] - slack) * total),
            out++, half++);
    for (size_t i = 0; i < plan->tops; i++) {
        double k = (double)plan->top[i];
        lln_coverage_bracket sum = {total, total};
        if (k < keys)
            sum = lln_coverage_bins_sum(bins, k, total);
        sum.low /= total;
        sum.high /= total;
        set_middle(sum, out++, half++);
    }
    if (plan->gini)
        set_middle(lln_coverage_bins_gini(bins, keys, total), out, half);
}
