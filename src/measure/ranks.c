/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/wide.h"
#include "kernel/table/table.h"
#include "measure/operator_squares.h"
#include "measure/singular.h"
#include "measure/singular_dense.h"
#include "measure/singular_lanczos.h"
#include "measure/singular_largest.h"
#include "measure/singular_lowrank.h"
#include "measure/singular_part.h"
#include "measure/spectrum_internal.h"

enum {
    DENSE = LLN_RANKS_DENSE_ORDER,
    FEW_VALUES = 32,    /* up to this order LAPACK is as fast for sigma1, */
    SOME_VALUES = 256,  /* and for blocks of vectors */
    SMALL = 512,        /* and for rank90 */
    FEW = 4,            /* rank90 is one of so many values, else LAPACK */
    PASSES = 200,       /* for sigma1, where LAPACK follows */
    MORE_PASSES = 1000, /* where it does not */
    BLOCK_PASSES = 100,
    SQUARES = LLN_RANKS_STABLE | LLN_RANKS_90 | LLN_RANKS_COLUMNS,
    LARGEST = LLN_RANKS_SIGMA1 | LLN_RANKS_STABLE,
    PRODUCTS = LARGEST | LLN_RANKS_SIGMA2 | LLN_RANKS_90
};

static const double FRACTION = 0.9;

/* Relative errors of squares, and the part of a sum that rounding may take,
 * by precision. */
static const double RESIDUAL[] = {[LLN_FLOAT32] = 1e-7, [LLN_FLOAT64] = 2e-10};
static const double SLACK[] = {[LLN_FLOAT32] = 1e-6, [LLN_FLOAT64] = 1e-12};

/* One computation; its values are in *out. */
typedef struct {
    lln_attention *attention;
    const lln_ranks_options *options;
    unsigned what;
    size_t n, m, least;
    double *sigma;   /* all singular values [least]; NULL: not known */
    double *squares; /* of the columns [m] */
    double total;    /* their sum */
    double slack;
    lln_ranks *out;
} ranks;

static const lln_ranks MISSING = {NAN,
                                  NAN,
                                  NAN,
                                  NAN,
                                  NAN,
                                  NAN,
                                  NAN,
                                  LLN_RANKS_DEFINED,
                                  LLN_RANKS_DEFINED,
                                  LLN_RANKS_DEFINED};

static bool asks(const ranks *r, unsigned what)
{
    return r->what & what;
}

/* Whether LAPACK computes rank90: if P is small, or has few rows or columns. */
static bool is_dense(const ranks *r)
{
    return (r->n <= SMALL && r->m <= SMALL) || r->least <= SOME_VALUES;
}

/* Whether all singular values are needed. */
static bool needs_all(const ranks *r)
{
    return (asks(r, LLN_RANKS_ENTROPY) && r->least <= DENSE) ||
           (asks(r, LLN_RANKS_90) && is_dense(r)) ||
           (asks(r, LLN_RANKS_SIGMA2) && r->least <= SOME_VALUES) ||
           (asks(r, LARGEST) && r->least <= FEW_VALUES);
}

/* All singular values by LAPACK, unless they are known or P is too large. */
static lln_status find_all(ranks *r)
{
    lln_spectrum_options as = {.memory = r->options->memory};
    if (r->sigma || r->least > DENSE)
        return LLN_OK;
    r->sigma = lln_array_alloc(r->least, sizeof *r->sigma);
    if (!r->sigma)
        return LLN_ENOMEM;
    lln_status status = lln_singular_dense_all(
        r->attention, lln_spectrum_memory(&as, 2), r->sigma);
    if (status == LLN_OK)
        return LLN_OK;
    free(r->sigma);
    r->sigma = NULL;
    return status == LLN_ETOOBIG ? LLN_OK : status;
}

static double entropy_rank(const double *sigma, size_t count)
{
    double sum = 0, entropy = 0;
    for (size_t i = 0; i < count; i++)
        sum += sigma[i];
    for (size_t i = 0; i < count; i++)
        entropy -= sigma[i] > 0 ? sigma[i] / sum * log(sigma[i] / sum) : 0;
    return sum > 0 ? exp(entropy) : NAN;
}

/* rank90 from all singular values. */
static void count_all(ranks *r)
{
    double total = 0;
    for (size_t i = 0; i < r->least; i++)
        total += r->sigma[i] * r->sigma[i];
    lln_singular_part part = {total, FRACTION, r->slack, r->least};
    r->out->rank90_missing = total > 0 ? LLN_RANKS_DEFINED : LLN_RANKS_ZERO;
    if (total > 0)
        r->out->rank90 =
            (double)lln_singular_part_count(r->sigma, r->least, &part);
}

/* sigma1, if LAPACK has not found it yet. */
static lln_status find_largest(ranks *r, lln_operator *op)
{
    if (r->sigma && r->least <= FEW_VALUES) {
        r->out->sigma1 = r->sigma[0];
        return LLN_OK;
    }
    if (r->m > 2)
        LLN_TRY(lln_singular_largest(op, false, RESIDUAL[op->precision],
                                     r->least <= DENSE ? PASSES : MORE_PASSES,
                                     &r->out->sigma1));
    if (!isnan(r->out->sigma1))
        return LLN_OK;
    LLN_TRY(find_all(r));
    if (r->sigma)
        r->out->sigma1 = r->sigma[0];
    else
        r->out->sigma_missing = LLN_RANKS_UNCERTAIN;
    return LLN_OK;
}

/* Whether vectors of that size may be allocated: half of the free memory. */
static bool fits(double bytes)
{
    return bytes <= (double)lln_memory_available() / 2;
}

static lln_status search_second(ranks *r, lln_operator *op)
{
    lln_columns by;
    lln_singular_value values[2] = {{0}};
    size_t block = lln_singular_block(r->m);
    lln_singular_search how = {.wanted = 2,
                               .passes = BLOCK_PASSES,
                               .tolerance =
                                   op->precision == LLN_FLOAT32 ? 1e-8 : 1e-10};
    if (!fits(lln_singular_lanczos_bytes(r->n, r->m, block, 2)))
        return LLN_OK;
    LLN_TRY(lln_columns_open(op, block, false, &by));
    lln_status status = lln_singular_lanczos(&by, &how, values);
    lln_columns_close(&by);
    if (values[1].residual <= LLN_SINGULAR_TRUST * values[0].sigma)
        r->out->sigma2 = values[1].sigma;
    return status;
}

static lln_status find_second(ranks *r, lln_operator *op)
{
    bool small = r->sigma && r->least <= SOME_VALUES;
    if (!small)
        LLN_TRY(search_second(r, op));
    if (!isnan(r->out->sigma2))
        return LLN_OK;
    LLN_TRY(find_all(r));
    if (r->sigma)
        r->out->sigma2 = r->least > 1 ? r->sigma[1] : 0;
    else
        r->out->sigma_missing = LLN_RANKS_UNCERTAIN;
    return LLN_OK;
}

static lln_status search_rank(ranks *r, lln_operator *op)
{
    static const lln_ranks_missing why[] = {
        [LLN_PART_KNOWN] = LLN_RANKS_DEFINED,
        [LLN_PART_BEYOND] = LLN_RANKS_BEYOND,
        [LLN_PART_UNCERTAIN] = LLN_RANKS_UNCERTAIN};
    lln_columns by;
    lln_part_status known;
    size_t rank, block = lln_singular_block(r->m);
    lln_singular_part part = {r->total, FRACTION, r->slack, LLN_RANK90_MOST};
    if (r->least <= DENSE)
        part.most = lln_size_smaller(part.most, r->least / FEW);
    r->out->rank90_missing = LLN_RANKS_LARGE;
    if (!fits(lln_singular_part_bytes(r->m, block, part.most)))
        return LLN_OK;
    LLN_TRY(lln_columns_open(op, block, false, &by));
    lln_status status = lln_singular_part_search(&by, &part, &rank, &known);
    lln_columns_close(&by);
    LLN_TRY(status);
    r->out->rank90_missing = why[known];
    if (known == LLN_PART_KNOWN)
        r->out->rank90 = (double)rank;
    return LLN_OK;
}

static lln_status find_rank(ranks *r, lln_operator *op)
{
    r->out->rank90_missing = LLN_RANKS_ZERO;
    if (!(r->total > 0))
        return LLN_OK;
    if (!r->sigma && !is_dense(r))
        LLN_TRY(search_rank(r, op));
    if (isnan(r->out->rank90))
        LLN_TRY(find_all(r));
    if (isnan(r->out->rank90) && r->sigma)
        count_all(r);
    return LLN_OK;
}

/* What follows from the sums of squares and sigma1. */
static lln_status conclude(ranks *r)
{
    if (asks(r, LLN_RANKS_STABLE) && r->total > 0) {
        double sigma1 = r->out->sigma1;
        r->out->stable_rank = r->total / (sigma1 * sigma1);
        /* Not above rank90 by the rounding of a whole number. */
        r->out->rank90_least =
            ceil(FRACTION * r->out->stable_rank * (1 - fmax(r->slack, 1e-9)));
    }
    if (!asks(r, LLN_RANKS_COLUMNS))
        return LLN_OK;
    return lln_squares_columns(r->squares, r->m, FRACTION, r->slack,
                               &r->out->columns90);
}

static lln_status find_squares(ranks *r, lln_operator *op)
{
    LLN_TRY(lln_operator_squares(op, r->squares));
    for (size_t j = 0; j < r->m; j++)
        r->total += r->squares[j];
    return LLN_OK;
}

/* Everything that needs products with P or its entries. */
static lln_status use_operator(ranks *r, lln_operator *op)
{
    if (asks(r, SQUARES))
        LLN_TRY(find_squares(r, op));
    if (asks(r, LARGEST))
        LLN_TRY(find_largest(r, op));
    if (asks(r, LLN_RANKS_SIGMA2))
        LLN_TRY(find_second(r, op));
    if (asks(r, LLN_RANKS_90))
        LLN_TRY(find_rank(r, op));
    return conclude(r);
}

static lln_status measure_full(ranks *r)
{
    lln_operator op;
    lln_spectrum_options as = {.memory = r->options->memory};
    size_t memory = lln_spectrum_memory(&as, 4);
    if (needs_all(r))
        LLN_TRY(find_all(r));
    if (asks(r, LLN_RANKS_ENTROPY)) {
        r->out->entropy_missing = LLN_RANKS_LARGE;
        if (r->sigma) {
            r->out->entropy_rank = entropy_rank(r->sigma, r->least);
            r->out->entropy_missing = LLN_RANKS_DEFINED;
        }
    }
    if (!asks(r, SQUARES | PRODUCTS))
        return LLN_OK;
    if (!asks(r, PRODUCTS))
        memory = 0; /* one pass: storing P takes longer */
    LLN_TRY(
        lln_operator_open_plain(r->attention, memory, r->options->narrow, &op));
    lln_status status = use_operator(r, &op);
    lln_operator_close(&op);
    return status;
}

/* All values from the factors of P. */
static lln_status measure_lowrank(ranks *r)
{
    size_t rank = r->attention->rank;
    lln_singular_value *values = lln_array_alloc(rank, sizeof *values);
    r->sigma = lln_array_alloc(r->least, sizeof *r->sigma);
    lln_status status = values && r->sigma
                            ? lln_singular_lowrank_plain(r->attention, values)
                            : LLN_ENOMEM;
    for (size_t i = 0; status == LLN_OK && i < rank; i++) {
        r->sigma[i] = values[i].sigma;
        r->total += r->sigma[i] * r->sigma[i];
    }
    free(values);
    if (status == LLN_OK && asks(r, LLN_RANKS_COLUMNS))
        status = lln_singular_lowrank_squares(r->attention, r->squares);
    LLN_TRY(status);
    r->out->sigma1 = r->sigma[0];
    r->out->sigma2 = r->least > 1 ? r->sigma[1] : 0;
    if (asks(r, LLN_RANKS_ENTROPY))
        r->out->entropy_rank = entropy_rank(r->sigma, rank);
    if (asks(r, LLN_RANKS_90))
        count_all(r);
    return conclude(r);
}

lln_status lln_ranks_measure(lln_attention *attention,
                             const lln_ranks_options *options, lln_ranks *out)
{
    size_t n = attention->n, m = attention->m;
    *out = MISSING;
    if (n == 0 || m == 0)
        return LLN_OK;
    ranks r = {.attention = attention,
               .options = options,
               .what = options->what,
               .n = n,
               .m = m,
               .least = lln_size_smaller(n, m),
               .slack =
                   SLACK[options->narrow ? LLN_FLOAT32 : attention->precision],
               .out = out};
    r.squares = lln_array_alloc(m, sizeof *r.squares);
    lln_status status = LLN_ENOMEM;
    if (r.squares)
        status = lln_singular_lowrank_applies(attention) ? measure_lowrank(&r)
                                                         : measure_full(&r);
    free(r.squares);
    free(r.sigma);
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status != LLN_OK)
        *out = MISSING;
    return status;
}

lln_status lln_ranks_measure_head(const lln_kernel_choice *kernel,
                                  const lln_head *head, unsigned what,
                                  lln_ranks *out)
{
    lln_head wide;
    lln_attention attention;
    double *storage;
    *out = MISSING;
    LLN_TRY(lln_head_widen_small(head, LLN_SINGULAR_FLOAT64_TOKENS, &wide,
                                 &storage));
    const lln_ranks_options options = {.what = what, .narrow = storage};
    lln_status status = lln_kernel_open(kernel, &wide, &attention);
    if (status == LLN_OK) {
        status = lln_ranks_measure(&attention, &options, out);
        lln_attention_close(&attention);
    }
    free(storage);
    return status;
}
