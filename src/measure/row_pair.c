/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in row_pair.inc, once for both precisions. */
#include "measure/row_pair.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/vector_math.h"

/* Entries that are summed in the precision of the scores. */
enum { CHUNK = 512 };

/* Sums over one row; variation and hellinger are doubled. */
typedef struct {
    double js, kl, reverse, variation, hellinger;
    double product, square, other;
    double distance, distance2; /* of P and R themselves, which sum to */
    double of_p, of_r;
} pair_sums;

/* ln((1 + u)/2) for 0 <= u <= 1. In float32 a polynomial of degree 9, by
 * interpolation in Chebyshev nodes: absolute error below 1.6e-7. */
LLN_INLINE float log_half_f32(float u)
{
    float p = 0.005126102362f;
    p = p * u - 0.02907406539f;
    p = p * u + 0.0775160864f;
    p = p * u - 0.1360224783f;
    p = p * u + 0.1907688081f;
    p = p * u - 0.2483539879f;
    p = p * u + 0.3331812024f;
    p = p * u - 0.4999944568f;
    p = p * u + 0.9999999404f;
    return p * u - 0.6931471806f;
}

LLN_INLINE double log_half_f64(double u)
{
    return lln_log_normal_f64((1 + u) * 0.5, 1023);
}

#define LLN_BODY "measure/row_pair.inc"
#include "core/both_precisions.h"

lln_row_pair lln_row_pair_undefined(void)
{
    return (lln_row_pair){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                          NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

double lln_pair_cosine(double product, double square, double other)
{
    double norm = sqrt(square) * sqrt(other);
    return norm > 0 ? fmin(product / norm, 1) : NAN;
}

static void set_distances(const pair_sums *sums, lln_row_pair *row)
{
    row->js = fmax(sums->js, 0);
    row->kl = fmax(sums->kl, 0);
    row->kl_reverse = fmax(sums->reverse, 0);
    row->variation = sums->variation / 2;
    row->hellinger = sqrt(sums->hellinger / 2);
}

/* The same from the sums of P R, P^2 and R^2. */
static void set_products(double product, double square, double other,
                         lln_row_pair *row)
{
    row->product = product;
    row->square = square;
    row->other = other;
    row->cosine = lln_pair_cosine(product, square, other);
}

/* What the top keys hold of R. */
typedef struct {
    double of_p, of_r; /* on those of P and on those of R */
    size_t common, count;
} top_keys;

static void set_top(const top_keys *top, lln_row_pair *row)
{
    row->overlap = (double)top->common / (double)top->count;
    row->recall = top->of_p;
    row->recall_relative = top->of_r != 0 ? top->of_p / top->of_r : NAN;
    if (top->common == top->count) /* the same keys, in another order */
        row->recall_relative = top->of_r != 0 ? 1 : NAN;
}

static double score_at(lln_precision precision, const lln_row_scores *row,
                       size_t key)
{
    return precision == LLN_FLOAT32 ? (double)((const float *)row->scores)[key]
                                    : ((const double *)row->scores)[key];
}

/* P_key / max_j P_j. */
static double weight_at(lln_precision precision, const lln_row_scores *row,
                        size_t key)
{
    double score = score_at(precision, row, key);
    return row->domain == LLN_DOMAIN_LINEAR ? score / row->max
                                            : exp(score - row->max);
}

/* The mass of the row on these keys. */
static double mass_on(lln_precision precision, const lln_row_scores *row,
                      const size_t *keys, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weight_at(precision, row, keys[i]);
    return row->sum * exp(-row->log_norm) * sum;
}

/* The order of keys [count], those of r, in p. */
static double find_order(lln_precision precision, const lln_row_scores *p,
                         const lln_row_scores *r, const size_t *keys,
                         size_t count)
{
    double of_p[LLN_ROW_TOP], of_r[LLN_ROW_TOP];
    for (size_t i = 0; i < count; i++) {
        of_p[i] = score_at(precision, p, keys[i]);
        of_r[i] = score_at(precision, r, keys[i]);
    }
    return lln_row_order(of_p, of_r, count);
}

void lln_row_scores_top(lln_precision precision, const lln_row_scores *row,
                        size_t count, size_t top, size_t *keys)
{
    if (precision == LLN_FLOAT32)
        lln_row_top_f32(row->scores, count, top, keys);
    else
        lln_row_top_f64(row->scores, count, top, keys);
}

static void compare_top(lln_precision precision, const lln_row_scores *p,
                        const lln_row_scores *r, size_t count, size_t top,
                        lln_row_pair *row)
{
    size_t own_p[LLN_ROW_TOP], own_r[LLN_ROW_TOP];
    const size_t *of_p = p->top, *of_r = r->top;
    top_keys found = {.count = top};
    if (!of_p || !of_r) {
        lln_row_scores_top(precision, p, count, top, own_p);
        lln_row_scores_top(precision, r, count, top, own_r);
        of_p = own_p;
        of_r = own_r;
    }
    found.common = lln_row_common(of_p, top, of_r, top);
    found.of_p = mass_on(precision, r, of_p, top);
    found.of_r = mass_on(precision, r, of_r, top);
    set_top(&found, row);
    row->order = find_order(precision, p, r, of_r, top);
}

bool lln_row_scores_take_logs(lln_precision precision, lln_row_scores *row,
                              size_t count)
{
    if (row->domain == LLN_DOMAIN_LOG)
        return true;
    if (count == 0 || !(precision == LLN_FLOAT32
                            ? take_logs_f32(row->scores, count, &row->max)
                            : take_logs_f64(row->scores, count, &row->max)))
        return false;
    row->domain = LLN_DOMAIN_LOG;
    return true;
}

void lln_row_scores_entries(lln_precision precision, const lln_row_scores *row,
                            size_t count, double *out)
{
    bool linear = row->domain == LLN_DOMAIN_LINEAR;
    if (row->max == -INFINITY) { /* no keys */
        memset(out, 0, count * sizeof *out);
        return;
    }
    double sum =
        precision == LLN_FLOAT32
            ? find_weights_f32(row->scores, linear, row->max, count, out)
            : find_weights_f64(row->scores, linear, row->max, count, out);
    for (size_t j = 0; j < count; j++)
        out[j] *= row->sum / sum;
}

void lln_row_scores_take_weights(lln_precision precision, lln_row_scores *row,
                                 size_t count)
{
    size_t size = lln_precision_size(precision);
    bool linear = !lln_row_scores_take_logs(precision, row, count);
    if (row->max == -INFINITY) /* no keys */
        memset(row->scores, 0, count * size);
    else if (precision == LLN_FLOAT32)
        weigh_f32(row->scores, count, linear, (float)row->max,
                  (float)row->log_norm);
    else
        weigh_f64(row->scores, count, linear, row->max, row->log_norm);
}

lln_row_pair lln_row_pair_from_scores(lln_precision precision,
                                      lln_row_scores *p, lln_row_scores *r,
                                      size_t count, size_t top, bool distances)
{
    lln_row_pair row = lln_row_pair_undefined();
    bool single = precision == LLN_FLOAT32;
    size_t keys = count;
    if (p->gaps || r->gaps)
        keys = single ? fill_gaps_f32(p->scores, r->scores, count)
                      : fill_gaps_f64(p->scores, r->scores, count);
    if (keys == 0 || keys == SIZE_MAX)
        return row;
    top = top < keys ? top : keys;
    if (top > 0)
        compare_top(precision, p, r, count, top, &row);
    if (!distances)
        return row;
    if (!lln_row_scores_take_logs(precision, p, count) ||
        !lln_row_scores_take_logs(precision, r, count))
        return lln_row_pair_undefined();
    pair_sums sums =
        single ? sum_row_f32(p, r, count) : sum_row_f64(p, r, count);
    if (sums.variation == 0) /* equal rows, also after rounding */
        sums.product = sums.other = sums.square;
    set_distances(&sums, &row);
    set_products(p->sum * r->sum * sums.product, p->sum * p->sum * sums.square,
                 r->sum * r->sum * sums.other, &row);
    row.distance = sums.distance;
    row.distance2 = sums.distance2;
    return row;
}

/* Sums of rows as they are. */
typedef struct {
    double p, r, product, square, other, distance, distance2, negative;
} entry_sums;

LLN_CLONES static entry_sums add_entries(const double *p, const double *r,
                                         size_t count)
{
    double of_p = 0, of_r = 0, product = 0, square = 0, other = 0, negative = 0;
    double distance = 0, distance2 = 0;
#pragma omp simd reduction(+ : of_p, of_r, product, square, other, negative,   \
                               distance, distance2)
    for (size_t j = 0; j < count; j++) {
        double difference = p[j] - r[j];
        distance += fabs(difference);
        distance2 += difference * difference;
        of_p += p[j];
        of_r += r[j];
        product += p[j] * r[j];
        square += p[j] * p[j];
        other += r[j] * r[j];
        negative += p[j] < 0 || r[j] < 0 ? 1 : 0;
    }
    return (entry_sums){of_p,  of_r,     product,   square,
                        other, distance, distance2, negative};
}

/* Sums over p / of_p and r / of_r, which are not negative. `missing` counts
 * keys with R = 0 < P, and `lost` the reverse. */
LLN_CLONES static pair_sums add_ratios(const double *p, const double *r,
                                       size_t count, double of_p, double of_r,
                                       double *missing, double *lost)
{
    double js = 0, kl = 0, reverse = 0, variation = 0, hellinger = 0;
    double no_r = 0, no_p = 0;
#pragma omp simd reduction(+ : js, kl, reverse, variation, hellinger, no_r,    \
                               no_p)
    for (size_t j = 0; j < count; j++) {
        double a = p[j] / of_p, b = r[j] / of_r;
        bool above = a >= b;
        double larger = above ? a : b, smaller = above ? b : a;
        double u = larger > 0 ? smaller / larger : 1;
        double gap = larger - smaller;
        double d = -lln_log_f64(u > 0 ? u : DBL_MIN);
        double h = sqrt(u);
        double part = larger > 0 ? gap / larger / (1 + h) : 0;
        double from_larger = larger * d - gap, to_larger = gap - smaller * d;
        js += larger * js_term_f64(d / 2, h);
        kl += above ? from_larger : to_larger;
        reverse += above ? to_larger : from_larger;
        variation += gap;
        hellinger += larger * part * part;
        no_r += a > 0 && !(b > 0) ? 1 : 0;
        no_p += b > 0 && !(a > 0) ? 1 : 0;
    }
    *missing = no_r;
    *lost = no_p;
    return (pair_sums){.js = js,
                       .kl = kl,
                       .reverse = reverse,
                       .variation = variation,
                       .hellinger = hellinger};
}

static void compare_top_entries(const double *p, const double *r, size_t count,
                                size_t top, lln_row_pair *row)
{
    size_t of_p[LLN_ROW_TOP], of_r[LLN_ROW_TOP];
    double in_p[LLN_ROW_TOP], in_r[LLN_ROW_TOP];
    top_keys found = {.count = top};
    if (lln_row_top_f64(p, count, top, of_p) < top ||
        lln_row_top_f64(r, count, top, of_r) < top)
        return; /* NaN */
    found.common = lln_row_common(of_p, top, of_r, top);
    for (size_t i = 0; i < top; i++) {
        found.of_p += r[of_p[i]];
        found.of_r += r[of_r[i]];
        in_p[i] = p[of_r[i]];
        in_r[i] = r[of_r[i]];
    }
    set_top(&found, row);
    row->order = lln_row_order(in_p, in_r, top);
}

lln_row_pair lln_row_pair_from_entries(const double *p, const double *r,
                                       size_t count, size_t top)
{
    lln_row_pair row = lln_row_pair_undefined();
    double missing, lost;
    if (count == 0)
        return row;
    entry_sums all = add_entries(p, r, count);
    top = top < count ? top : count;
    if (top > 0)
        compare_top_entries(p, r, count, top, &row);
    if (all.negative == 0 && all.p > 0 && all.r > 0) {
        pair_sums sums = add_ratios(p, r, count, all.p, all.r, &missing, &lost);
        set_distances(&sums, &row);
        row.kl = missing > 0 ? INFINITY : row.kl;
        row.kl_reverse = lost > 0 ? INFINITY : row.kl_reverse;
    }
    set_products(all.product, all.square, all.other, &row);
    row.distance = all.distance;
    row.distance2 = all.distance2;
    return row;
}

void lln_row_pair_outputs(lln_precision precision, const void *pv,
                          const void *rv, size_t columns, lln_row_pair *row)
{
    lln_matrix p = {precision, 1, columns, pv}, r = {precision, 1, columns, rv};
    double product = 0, square = 0;
    row->error2 = row->output2 = 0;
    for (size_t c = 0; c < columns; c++) {
        double x = lln_matrix_get(p, 0, c), y = lln_matrix_get(r, 0, c);
        row->error2 += (x - y) * (x - y);
        row->output2 += y * y;
        square += x * x;
        product += x * y;
    }
    double norm = sqrt(square) * sqrt(row->output2);
    row->output_cosine = norm > 0 ? product / norm : NAN;
}
