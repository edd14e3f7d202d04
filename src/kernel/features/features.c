/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention made of feature maps: rows, factors, diagonal, and divisors of
 * rows. */
#include "kernel/features/features.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/features/features_internal.h"
#include "kernel/row_math.h"

enum { CHUNK = LLN_FEATURES_CHUNK };

double lln_features_sum_plus(const lln_features *f, size_t i, double sum)
{
    (void)i;
    return sum + f->eps;
}

double lln_features_sum_floor(const lln_features *f, size_t i, double sum)
{
    (void)i;
    return fmax(sum, f->eps);
}

void lln_features_roots(const lln_features *f, double factor[2])
{
    factor[LLN_QUERIES] = sqrt(fabs(f->rule.scale));
    factor[LLN_KEYS] = copysign(factor[LLN_QUERIES], f->rule.scale);
}

static lln_status features_product(const lln_attention *attention, lln_matrix x,
                                   void *y)
{
    return lln_features_multiply(attention->state, LLN_QUERIES, x, y, NULL);
}

static lln_status features_transposed(const lln_attention *attention,
                                      lln_matrix x, void *y)
{
    return lln_features_multiply(attention->state, LLN_KEYS, x, y, NULL);
}

/* Scores of some queries with the first `keys` keys. out has m elements from
 * one row to the next. scratch [CHUNK x rank] is not used if the keys' features
 * are stored. */
static void score_rows(const lln_features *f, size_t first, size_t count,
                       size_t keys, const double *phi_q, double *scratch,
                       double *out)
{
    if (f->scores) {
        f->scores(f, first, count, 0, keys, f->m, out);
        return;
    }
    size_t step = f->keys ? keys : CHUNK;
    for (size_t j = 0; j < keys; j += step) {
        lln_run rows = {j, lln_size_smaller(step, keys - j)};
        lln_row_products(1, phi_q, count,
                         lln_features_make(f, LLN_KEYS, rows, scratch),
                         rows.count, f->rank, f->m, out + j);
    }
}

static lln_status features_rows(const lln_attention *attention, size_t first,
                                size_t count, double *out)
{
    const lln_features *f = attention->state;
    size_t rank = f->scores ? 0 : f->rank, from, end = 0;
    size_t room = count + (f->keys ? 0 : CHUNK);
    double *scratch = lln_array_alloc_raw(room * rank, sizeof *scratch);
    if (!scratch)
        return LLN_ENOMEM;
    if (count > 0)
        lln_mask_keys(attention->mask, f->n, f->m, first + count - 1, &from,
                      &end);
    if (!f->scores)
        f->fill(f, LLN_QUERIES, first, count, scratch);
    score_rows(f, first, count, end, scratch, scratch + count * rank, out);
    for (size_t i = 0; i < count; i++, out += f->m) {
        lln_mask_keys(attention->mask, f->n, f->m, first + i, &from, &end);
        for (size_t j = 0; j < f->m; j++)
            out[j] = j >= end ? 0 : f->z ? out[j] / f->z[first + i] : out[j];
    }
    free(scratch);
    return LLN_OK;
}

/* Every row of P needs the features of all keys, so they are stored. */
static lln_status features_prepare(lln_attention *attention)
{
    return lln_features_store_keys(attention->state);
}

/* B = phi_q column / z and A = phi_k / column. The sums `column` of positive
 * features may differ by many orders of magnitude; with this division the
 * columns of A sum to 1. A column of zeros stays zero. */
static void features_factors(const lln_attention *attention, size_t first,
                             size_t count, double *b, double *a)
{
    const lln_features *f = attention->state;
    size_t r = f->rank;
    if (b)
        f->fill(f, LLN_QUERIES, first, count, b);
    for (size_t i = 0; b && i < count; i++, b += r)
        for (size_t l = 0; l < r; l++) {
            b[l] *= f->column ? f->column[l] : 1;
            b[l] /= f->z ? f->z[first + i] : 1;
        }
    if (a)
        f->fill(f, LLN_KEYS, first, count, a);
    for (size_t j = 0; a && f->column && j < count; j++, a += r)
        for (size_t l = 0; l < r; l++)
            a[l] /= f->column[l] > 0 ? f->column[l] : 1;
}

/* P_ii of queries first .. first + count - 1; q, k: scratch [CHUNK x rank]. */
static void diagonal_chunk(const lln_features *f, lln_run rows, double *q,
                           double *k, double *out)
{
    size_t r = f->rank, key = rows.first + lln_features_offset(f);
    if (!f->scores) {
        f->fill(f, LLN_QUERIES, rows.first, rows.count, q);
        f->fill(f, LLN_KEYS, key, rows.count, k);
    }
    for (size_t i = 0; i < rows.count; i++) {
        if (f->scores)
            f->scores(f, rows.first + i, 1, key + i, 1, 1, &out[i]);
        else
            out[i] = lln_row_dot(q + i * r, k + i * r, r);
        out[i] /= f->z ? f->z[rows.first + i] : 1;
    }
}

static lln_status features_diagonal(const lln_attention *attention, double *out)
{
    const lln_features *f = attention->state;
    double *scratch = lln_array_alloc_raw(2 * CHUNK * f->rank, sizeof *scratch);
    if (!scratch)
        return LLN_ENOMEM;
    for (size_t i = 0; i < f->n; i += CHUNK)
        diagonal_chunk(f, (lln_run){i, lln_size_smaller(CHUNK, f->n - i)},
                       scratch, scratch + CHUNK * f->rank, out + i);
    free(scratch);
    return LLN_OK;
}

void lln_features_free(lln_features *f)
{
    if (!f)
        return;
    if (f->release)
        f->release(f->state);
    free(f->state);
    free(f->z);
    free(f->sums);
    free(f->column);
    free(f->copy);
    free(f->keys);
    free(f);
}

static void features_close(lln_attention *attention)
{
    lln_features_free(attention->state);
}

/* Sets queries and keys in float64. */
static lln_status promote(const lln_head *head, lln_features *f)
{
    if (head->q.precision == LLN_FLOAT64) {
        f->q = head->q.data;
        f->k = head->k.data;
        return LLN_OK;
    }
    f->copy = lln_array_alloc_raw((f->n + f->m) * f->d, sizeof *f->copy);
    if (!f->copy)
        return LLN_ENOMEM;
    lln_matrix_convert(head->q, LLN_FLOAT64, f->copy);
    lln_matrix_convert(head->k, LLN_FLOAT64, f->copy + f->n * f->d);
    f->q = f->copy;
    f->k = f->copy + f->n * f->d;
    return LLN_OK;
}

lln_status lln_features_new(const lln_kernel_choice *choice,
                            const lln_head *head, size_t state_size,
                            lln_features **features)
{
    LLN_TRY(lln_kernel_check_mask(choice, head));
    lln_features *f = lln_array_alloc(1, sizeof *f);
    if (!f)
        return LLN_ENOMEM;
    f->n = head->q.rows;
    f->m = head->k.rows;
    f->d = head->q.columns;
    f->causal = head->rule.mask.causal;
    f->rule = head->rule;
    f->source[LLN_QUERIES] = head->q;
    f->source[LLN_KEYS] = head->k;
    f->state = lln_array_alloc(state_size, 1);
    lln_status status = f->state ? promote(head, f) : LLN_ENOMEM;
    if (status != LLN_OK) {
        lln_features_free(f);
        return status;
    }
    *features = f;
    return LLN_OK;
}

/* Turns the sums of rows in z into divisors. Returns whether P is
 * row-stochastic. */
static bool take_divisors(lln_features *f)
{
    bool stochastic = true;
    for (size_t i = 0; i < f->n; i++) {
        double z = f->divisor(f, i, f->z[i]);
        stochastic = stochastic && z == f->z[i] && z != 0;
        f->sums[i] = z != 0 ? f->z[i] / z : 0;
        f->z[i] = z != 0 ? z : INFINITY;
    }
    return stochastic;
}

/* z [n] = sum_j A_ij. For positive features without a mask, also computes the
 * sums of their columns. */
static lln_status add_rows(lln_features *f, double *z)
{
    if (f->row_sums && !f->causal)
        return f->row_sums(f, z);
    bool columns = f->positive && !f->causal;
    double *ones = lln_array_alloc_raw(f->m, sizeof *ones);
    if (columns)
        f->column = lln_array_alloc_raw(f->rank, sizeof *f->column);
    lln_status status = LLN_ENOMEM;
    for (size_t j = 0; ones && j < f->m; j++)
        ones[j] = 1;
    if (ones && (f->column || !columns))
        status = lln_features_multiply(f, LLN_QUERIES,
                                       (lln_matrix){LLN_FLOAT64, f->m, 1, ones},
                                       z, f->column);
    free(ones);
    return status;
}

static lln_status normalise(lln_features *f, bool *stochastic)
{
    *stochastic = false;
    if (!f->divisor)
        return LLN_OK;
    double *z = lln_array_alloc_raw(f->n, sizeof *z);
    f->sums = lln_array_alloc_raw(f->n, sizeof *f->sums);
    lln_status status = z && f->sums ? add_rows(f, z) : LLN_ENOMEM;
    f->z = z;
    if (status == LLN_OK)
        *stochastic = take_divisors(f);
    return status;
}

lln_status lln_features_open(lln_features *f, lln_attention *attention)
{
    bool stochastic;
    lln_status status = normalise(f, &stochastic);
    if (status != LLN_OK) {
        lln_features_free(f);
        return status;
    }
    *attention = (lln_attention){
        .n = f->n,
        .m = f->m,
        .rank = f->rank,
        .unnormalised = !stochastic,
        .mask.causal = f->causal,
        .precision = LLN_FLOAT64,
        .prepare = features_prepare,
        .kind = LLN_ATTENTION_ROWS,
        .rows = {features_rows, f->z && (f->tile || (f->positive && !f->scores))
                                    ? lln_features_scores
                                    : NULL},
        .product = features_product,
        .transposed = features_transposed,
        .features = f->causal ? NULL : features_factors,
        .diagonal = f->causal ? features_diagonal : NULL,
        .state = f,
        .close = features_close,
    };
    return LLN_OK;
}

lln_status lln_features_open_map(const lln_kernel_choice *choice,
                                 const lln_head *head, size_t channels,
                                 lln_features_fill *fill,
                                 lln_features_divisor *divisor,
                                 lln_attention *attention)
{
    lln_features *f;
    double eps;
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_features_new(choice, head, 0, &f));
    f->rank = channels * f->d;
    f->positive = true;
    f->fill = fill;
    f->divisor = divisor;
    f->eps = eps;
    return lln_features_open(f, attention);
}
