/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/threads.h"
#include "heads/wide.h"
#include "kernel/exponent_error.h"
#include "kernel/table/table.h"
#include "measure/spectrum_arnoldi.h"
#include "measure/spectrum_blocks.h"
#include "measure/spectrum_dense.h"
#include "measure/spectrum_diagonal.h"
#include "measure/spectrum_lowrank.h"
#include "measure/spectrum_norms.h"

/* Up to this many tokens LAPACK is as fast as products with P. */
enum { DENSE_TOKENS = 160 };

/* Up to this many features the rank x rank matrix is small. */
enum { SMALL_RANK = 512 };

/* Krylov methods are used for at most one of FEW eigenvalues. */
enum { FEW = 8 };

const lln_spectrum_method_info lln_spectrum_method_table[] = {
    [LLN_SPECTRUM_AUTO] = {"auto", "the best method for each head"},
    [LLN_SPECTRUM_DENSE] = {"dense", "LAPACK on all of P in float64"},
    [LLN_SPECTRUM_ARNOLDI] = {"arnoldi",
                              "block Krylov-Schur on products with P"},
    [LLN_SPECTRUM_LOWRANK] = {"lowrank",
                              "LAPACK on the rank x rank matrix of features"},
    [LLN_SPECTRUM_DIAGONAL] = {"diagonal",
                               "the diagonal of P, for a causal mask"},
    [LLN_SPECTRUM_BLOCKS] = {"blocks",
                             "LAPACK on the blocks of the kernel blockdiag"},
};

static lln_spectrum_run *const RUN[LLN_SPECTRUM_METHODS] = {
    [LLN_SPECTRUM_DENSE] = lln_spectrum_dense,
    [LLN_SPECTRUM_ARNOLDI] = lln_spectrum_arnoldi,
    [LLN_SPECTRUM_LOWRANK] = lln_spectrum_lowrank,
    [LLN_SPECTRUM_DIAGONAL] = lln_spectrum_diagonal,
    [LLN_SPECTRUM_BLOCKS] = lln_spectrum_blocks,
};

lln_status lln_spectrum_method_find(const char *name,
                                    lln_spectrum_method *method)
{
    char known[128] = "";
    for (int i = 0; i < LLN_SPECTRUM_METHODS; i++) {
        const char *here = lln_spectrum_method_table[i].name;
        if (strcmp(here, name) == 0) {
            *method = (lln_spectrum_method)i;
            return LLN_OK;
        }
        lln_text_append(known, sizeof known, here);
    }
    return lln_fail(LLN_EINVAL, "method '%s': unknown; expected one of %s",
                    name, known);
}

/* Whether the mask divides P into blocks whose rows sum to 1. */
static bool has_blocks(const lln_attention *attention)
{
    size_t block = attention->mask.block;
    return block > 0 && block < attention->n && !attention->mask.causal &&
           !attention->unnormalised;
}

static lln_spectrum_method choose_method(const lln_attention *attention,
                                         size_t count)
{
    if (lln_mask_is_triangular(attention->mask))
        return LLN_SPECTRUM_DIAGONAL;
    if (has_blocks(attention))
        return LLN_SPECTRUM_BLOCKS;
    bool few = count <= attention->n / FEW;
    bool small = attention->rank <= SMALL_RANK || !few;
    if (attention->features && attention->rank < attention->n && small)
        return LLN_SPECTRUM_LOWRANK;
    /* If tokens see few others, P is rarely nearly normal. */
    size_t least = lln_mask_hides(attention->mask) ? LLN_SPECTRUM_RESCUE_TOKENS
                                                   : DENSE_TOKENS;
    return few && attention->n > least ? LLN_SPECTRUM_ARNOLDI
                                       : LLN_SPECTRUM_DENSE;
}

static lln_status check_method(const lln_attention *attention,
                               lln_spectrum_method method)
{
    if (method == LLN_SPECTRUM_LOWRANK && !attention->features)
        return lln_fail(LLN_EUNSUPPORTED,
                        lln_mask_hides(attention->mask)
                            ? "method lowrank: does not support a mask"
                            : "method lowrank: needs a kernel made of "
                              "features, such as lln");
    if (method == LLN_SPECTRUM_DIAGONAL &&
        !lln_mask_is_triangular(attention->mask))
        return lln_fail(LLN_EUNSUPPORTED,
                        "method diagonal: needs a causal mask");
    if (method == LLN_SPECTRUM_BLOCKS && !has_blocks(attention))
        return lln_fail(LLN_EUNSUPPORTED,
                        "method blocks: needs a kernel made of blocks, such as "
                        "blockdiag");
    return LLN_OK;
}

/* LAPACK counts elements in 32 bits. */
static lln_status check_size(const lln_attention *attention,
                             lln_spectrum_method method, size_t count)
{
    const size_t most = 46340; /* its square is below 2^31 */
    size_t order = 0;
    if (method == LLN_SPECTRUM_DENSE)
        order = attention->n;
    else if (method == LLN_SPECTRUM_LOWRANK)
        order = attention->rank;
    else if (method == LLN_SPECTRUM_ARNOLDI)
        order = 4 * count; /* of the Krylov basis */
    else if (method == LLN_SPECTRUM_BLOCKS)
        order = lln_spectrum_block_order(attention, count);
    if (order <= most)
        return LLN_OK;
    return lln_fail(
        LLN_ETOOBIG,
        "method %s: matrices of order %zu; LAPACK supports at most %zu",
        lln_spectrum_method_table[method].name, order, most);
}

static lln_status run_method(lln_attention *attention,
                             const lln_spectrum_options *options,
                             lln_spectrum *out)
{
    out->method = options->method;
    if (out->method == LLN_SPECTRUM_AUTO)
        out->method = choose_method(attention, out->count);
    LLN_TRY(check_method(attention, out->method));
    LLN_TRY(check_size(attention, out->method, out->count));
    out->known = !attention->unnormalised;
    out->eigenvalues[0] = (lln_eigenvalue){1, 1, 0, 0, 1, 0};
    lln_status status = RUN[out->method](attention, options, out);
    if (options->method != LLN_SPECTRUM_AUTO ||
        attention->n > LLN_SPECTRUM_RESCUE_TOKENS)
        return status;
    bool doubtful = status == LLN_OK && out->method == LLN_SPECTRUM_LOWRANK &&
                    out->count > 1 &&
                    !lln_eigenvalue_known(&out->eigenvalues[1]);
    if (status != LLN_ENOCONV && !doubtful)
        return status;
    out->method = LLN_SPECTRUM_DENSE;
    return lln_spectrum_dense(attention, options, out);
}

/* How much rounding may increase the modulus of an eigenvalue above 1. */
static const double ROUNDING = 1e-5;

/* Sets eigenvalues that are not known to NaN. */
static void mark_missing(lln_spectrum *out)
{
    for (size_t i = 0; i < out->count; i++) {
        lln_eigenvalue *value = &out->eigenvalues[i];
        value->condition = isfinite(value->condition) ? value->condition : NAN;
        value->bound = isfinite(value->bound) ? value->bound : NAN;
    }
}

/* Sets lambda2 and the values that follow from it. */
static void conclude_gap(lln_spectrum *out)
{
    lln_eigenvalue second = {.condition = 1};
    if (out->count > 1)
        second = out->eigenvalues[1];
    /* No eigenvalue of a row-stochastic matrix is larger than 1. Rounding may
     * make it larger, and negative entries do. */
    bool rounded = out->known && second.modulus < 1 + ROUNDING;
    out->lambda2 = rounded ? fmin(second.modulus, 1) : second.modulus;
    out->lambda2_re = second.re;
    out->lambda2_im = second.im;
    out->residual = second.residual;
    out->condition = second.condition;
    out->bound = second.bound;
    if (!lln_eigenvalue_known(&second))
        out->lambda2 = out->lambda2_re = out->lambda2_im = NAN;
    out->gap = out->known ? 1 - out->lambda2 : NAN;
}

static lln_spectrum missing_spectrum(void)
{
    return (lln_spectrum){.lambda2 = NAN,
                          .lambda2_re = NAN,
                          .lambda2_im = NAN,
                          .residual = NAN,
                          .condition = NAN,
                          .bound = NAN,
                          .gap = NAN,
                          .unbiased_norm = NAN,
                          .centered_sigma1 = NAN};
}

lln_status lln_spectrum_measure(lln_attention *attention,
                                const lln_spectrum_options *options,
                                lln_spectrum *out)
{
    size_t n = attention->n;
    *out = missing_spectrum();
    if (n != attention->m || n == 0)
        return lln_fail(LLN_EUNDEFINED,
                        "%zu queries and %zu keys: eigenvalues need as many "
                        "queries as keys, at least one",
                        n, attention->m);
    out->count = options->eigenvalues > 2 ? options->eigenvalues : 2;
    out->count = out->count < n ? out->count : n;
    out->eigenvalues = lln_array_alloc(out->count, sizeof *out->eigenvalues);
    lln_status status =
        out->eigenvalues ? run_method(attention, options, out) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK) {
        mark_missing(out);
        conclude_gap(out);
        return LLN_OK;
    }
    lln_spectrum_free(out);
    *out = missing_spectrum();
    return status;
}

static lln_status measure_kernel(const lln_kernel_choice *kernel,
                                 const lln_head *head,
                                 const lln_spectrum_options *options,
                                 lln_spectrum *out)
{
    lln_attention attention;
    *out = missing_spectrum();
    LLN_TRY(lln_kernel_open(kernel, head, &attention));
    lln_kernel_set_error(kernel, head, &attention);
    lln_status status = lln_spectrum_measure(&attention, options, out);
    lln_attention_close(&attention);
    return status;
}

/* Measures with queries and keys in float64. */
static lln_status measure_widened(const lln_kernel_choice *kernel,
                                  const lln_head *head,
                                  const lln_spectrum_options *options,
                                  lln_spectrum *out)
{
    lln_head wide;
    double *storage;
    *out = missing_spectrum();
    LLN_TRY(lln_head_widen(head, &wide, &storage));
    lln_status status = measure_kernel(kernel, &wide, options, out);
    free(storage);
    return status;
}

/* Adds the norms. */
static lln_status add_norms(const lln_kernel_choice *kernel,
                            const lln_head *head,
                            const lln_spectrum_options *options,
                            lln_spectrum *out)
{
    lln_attention attention;
    lln_operator op;
    LLN_TRY(lln_kernel_open(kernel, head, &attention));
    lln_status status =
        lln_operator_open(&attention, lln_spectrum_memory(options, 4), &op);
    if (status == LLN_OK) {
        status = lln_spectrum_norms(&op, out);
        lln_operator_close(&op);
    }
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    lln_attention_close(&attention);
    return status;
}

/* The diagonal of float32 attention is measured in float64: the error of P_ii
 * is relative to the logit, not to P_ii. The norms, which take nearly all of
 * the time, are accurate enough in float32. */
static lln_status measure_triangular(const lln_kernel_choice *kernel,
                                     const lln_head *head,
                                     const lln_spectrum_options *options,
                                     lln_spectrum *out)
{
    lln_spectrum_options values = *options;
    values.norms = false;
    LLN_TRY(measure_widened(kernel, head, &values, out));
    lln_status status =
        options->norms ? add_norms(kernel, head, options, out) : LLN_OK;
    if (status == LLN_OK)
        return LLN_OK;
    lln_spectrum_free(out);
    *out = missing_spectrum();
    return status;
}

/* Whether lambda2 is not known, but may be with smaller rounding errors. */
static bool is_doubtful(const lln_spectrum *spectrum)
{
    return isnan(spectrum->lambda2) && isfinite(spectrum->bound);
}

/* Tries less exact logits and weights first, as they take less time: those of
 * the head, then float64 logits with float32 weights, then float64. */
lln_status lln_spectrum_measure_head(const lln_kernel_choice *kernel,
                                     const lln_head *head,
                                     const lln_spectrum_options *options,
                                     lln_spectrum *out)
{
    bool single = head->q.precision == LLN_FLOAT32;
    bool triangular = lln_mask_is_triangular(head->rule.mask);
    bool diagonal = triangular && (options->method == LLN_SPECTRUM_AUTO ||
                                   options->method == LLN_SPECTRUM_DIAGONAL);
    bool few = head->q.rows <= LLN_SPECTRUM_FLOAT64_TOKENS && !triangular;
    lln_spectrum_options next = *options;
    if (!single)
        return measure_kernel(kernel, head, options, out);
    if (diagonal)
        return measure_triangular(kernel, head, options, out);
    if (!few) {
        LLN_TRY(measure_kernel(kernel, head, options, out));
        if (!is_doubtful(out))
            return LLN_OK;
        lln_spectrum_free(out);
    }
    next.narrow = true;
    LLN_TRY(measure_widened(kernel, head, &next, out));
    if (!is_doubtful(out))
        return LLN_OK;
    lln_spectrum_free(out);
    return measure_widened(kernel, head, options, out);
}

lln_status lln_spectrum_centered_sigma1(lln_attention *attention, size_t memory,
                                        double *centered_sigma1)
{
    lln_operator op;
    lln_spectrum spectrum = missing_spectrum();
    *centered_sigma1 = NAN;
    LLN_TRY(lln_operator_open(attention, memory, &op));
    lln_status status = lln_spectrum_norms(&op, &spectrum);
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK)
        *centered_sigma1 = spectrum.centered_sigma1;
    lln_operator_close(&op);
    return status;
}

bool lln_eigenvalue_known(const lln_eigenvalue *value)
{
    return value->bound <= LLN_SPECTRUM_TRUST;
}

void lln_spectrum_free(lln_spectrum *spectrum)
{
    free(spectrum->eigenvalues);
    spectrum->eigenvalues = NULL;
    spectrum->count = 0;
}
