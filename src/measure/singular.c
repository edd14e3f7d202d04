/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/singular.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/wide.h"
#include "kernel/table/table.h"
#include "measure/singular_dense.h"
#include "measure/singular_lanczos.h"
#include "measure/singular_lowrank.h"
#include "measure/spectrum_internal.h"

enum {
    DENSE_ORDER = 256,    /* up to this order LAPACK is as fast */
    FEW = 8,              /* one of so many values is wanted: not all vectors */
    RESCUE_TOKENS = 2048, /* above, LAPACK takes minutes */
    PASSES = 35,
    MORE_PASSES = 100, /* where LAPACK does not follow */
};

/* A value is known that is off by this, relative to the largest of P: rounding
 * of P~ if it vanishes. */
static const double NOTHING = 1e-12;

bool lln_singular_known(const lln_singular *singular, bool centred, size_t rank)
{
    const lln_singular_value *list =
        centred ? singular->centred : singular->plain;
    double allowed = fmax(LLN_SINGULAR_TRUST * list[0].sigma,
                          NOTHING * singular->plain[0].sigma);
    return list[rank].residual <= allowed;
}

static bool all_known(const lln_singular *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!lln_singular_known(s, false, i) || !lln_singular_known(s, true, i))
            return false;
    return true;
}

/* Of P and, with centred, of P~. */
static lln_status search(lln_operator *op, bool centred, lln_singular *out)
{
    lln_columns by;
    size_t n = op->n, m = op->m;
    bool single = op->precision == LLN_FLOAT32;
    lln_singular_search how = {
        .wanted = out->count,
        .passes = n > RESCUE_TOKENS || m > RESCUE_TOKENS ? MORE_PASSES : PASSES,
        .tolerance = single ? 1e-8 : 1e-10,
        .norm = centred ? out->plain[0].sigma : 0,
    };
    LLN_TRY(lln_columns_open(op, lln_singular_block(m), centred, &by));
    lln_status status =
        lln_singular_lanczos(&by, &how, centred ? out->centred : out->plain);
    lln_columns_close(&by);
    return status;
}

/* In addition to P: at most half of what is available. */
static lln_status check_vectors(size_t n, size_t m, size_t count)
{
    double mebibyte = 1048576;
    double needed =
        lln_singular_lanczos_bytes(n, m, lln_singular_block(m), count);
    double allowed = (double)lln_memory_available() / 2;
    if (needed <= allowed)
        return LLN_OK;
    return lln_fail(LLN_ETOOBIG,
                    "%zu singular values of %zu x %zu need %.1f MiB for "
                    "vectors, %.1f MiB are allowed",
                    count, n, m, needed / mebibyte, allowed / mebibyte);
}

static lln_status use_lanczos(lln_attention *attention,
                              const lln_singular_options *options,
                              lln_singular *out)
{
    lln_operator op;
    lln_spectrum_options as = {.memory = options->memory};
    size_t memory = lln_spectrum_memory(&as, 4);
    LLN_TRY(check_vectors(attention->n, attention->m, out->count));
    LLN_TRY(options->narrow ? lln_operator_open_narrow(attention, memory, &op)
                            : lln_operator_open(attention, memory, &op));
    lln_status status = search(&op, false, out);
    if (status == LLN_OK)
        status = search(&op, true, out);
    lln_operator_close(&op);
    out->method = "lanczos";
    bool rescued =
        attention->n <= RESCUE_TOKENS && attention->m <= RESCUE_TOKENS;
    if (status != LLN_OK || !rescued || all_known(out))
        return status;
    out->method = "dense";
    return lln_singular_dense(attention, options, out);
}

static lln_status run(lln_attention *attention,
                      const lln_singular_options *options, lln_singular *out)
{
    size_t least = lln_size_smaller(attention->n, attention->m);
    if (lln_singular_lowrank_applies(attention)) {
        out->method = "lowrank";
        return lln_singular_lowrank(attention, out);
    }
    if (least > DENSE_ORDER && out->count <= least / FEW)
        return use_lanczos(attention, options, out);
    out->method = "dense";
    return lln_singular_dense(attention, options, out);
}

lln_status lln_singular_measure(lln_attention *attention,
                                const lln_singular_options *options,
                                lln_singular *out)
{
    size_t least = lln_size_smaller(attention->n, attention->m);
    *out = (lln_singular){.method = "dense",
                          .count = lln_size_smaller(options->count, least)};
    if (out->count == 0)
        return LLN_OK;
    out->plain = lln_array_alloc(out->count, sizeof *out->plain);
    out->centred = lln_array_alloc(out->count, sizeof *out->centred);
    lln_status status =
        out->plain && out->centred ? run(attention, options, out) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status != LLN_OK)
        lln_singular_free(out);
    return status;
}

lln_status lln_singular_measure_head(const lln_kernel_choice *kernel,
                                     const lln_head *head, size_t count,
                                     lln_singular *out)
{
    lln_head wide;
    lln_attention attention;
    double *storage;
    *out = (lln_singular){0};
    LLN_TRY(lln_head_widen_small(head, LLN_SINGULAR_FLOAT64_TOKENS, &wide,
                                 &storage));
    const lln_singular_options options = {.count = count, .narrow = storage};
    lln_status status = lln_kernel_open(kernel, &wide, &attention);
    if (status == LLN_OK) {
        status = lln_singular_measure(&attention, &options, out);
        lln_attention_close(&attention);
    }
    free(storage);
    return status;
}

void lln_singular_free(lln_singular *singular)
{
    free(singular->plain);
    free(singular->centred);
    *singular = (lln_singular){0};
}
