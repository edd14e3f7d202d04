/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Causal attention is lower triangular: its eigenvalues are its diagonal. */
#include "measure/spectrum_diagonal.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/operator.h"
#include "measure/rows.h"
#include "measure/spectrum_norms.h"

enum { BLOCK = 64 };

/* ln A_ii */
static double diagonal_score(const lln_attention *attention, size_t i,
                             void *packed)
{
    union {
        float single;
        double full;
    } cell = {0}; /* a score of either precision */
    lln_attention_pack(attention, &i, 1, packed);
    lln_attention_tile(attention, &i, packed, 1, i, 1, 1, &cell);
    double score =
        lln_matrix_get((lln_matrix){attention->precision, 1, 1, &cell}, 0, 0);
    return attention->tiles.domain == LLN_DOMAIN_LOG ? score : log(score);
}

/* P_ii of attention by rows, from blocks on the diagonal. */
static lln_status diagonal_from_entries(lln_attention *attention, double *out)
{
    double block[BLOCK * BLOCK];
    for (size_t i = 0; i < attention->n; i += BLOCK) {
        size_t rows = lln_size_smaller(BLOCK, attention->n - i);
        if (lln_stop_requested)
            break; /* the caller checks for the stop */
        LLN_TRY(lln_attention_block(attention, i, rows, i, rows, block));
        for (size_t r = 0; r < rows; r++)
            out[i + r] = block[r * rows + r];
    }
    return LLN_OK;
}

/* P_ii = exp(s_ii - ln Z_i) */
static lln_status diagonal_from_rows(lln_attention *attention, double *out)
{
    size_t n = attention->n;
    lln_row *rows = lln_array_alloc(n, sizeof *rows);
    void *packed = lln_array_alloc(attention->rank, sizeof(double));
    lln_status status = rows && packed
                            ? lln_rows_measure(attention, NULL, n, 0, rows)
                            : LLN_ENOMEM;
    for (size_t i = 0; status == LLN_OK && i < n; i++) {
        double score = diagonal_score(attention, i, packed);
        /* A row that sees no key has the sum 0 and a norm of -inf. */
        out[i] =
            rows[i].sum > 0 ? rows[i].sum * exp(score - rows[i].log_norm) : 0;
    }
    free(rows);
    free(packed);
    return status;
}

/* The error of an entry is relative to its value. */
static void list_diagonal(const lln_attention *attention,
                          const double *diagonal, lln_eigenvalue *values,
                          lln_spectrum *out)
{
    double rounding = lln_spectrum_rounding(attention, attention->precision);
    size_t known = out->known; /* P_00 = 1 is the known eigenvalue */
    for (size_t i = known; i < attention->n; i++) {
        double modulus = fabs(diagonal[i]);
        values[i - known] =
            (lln_eigenvalue){modulus, diagonal[i], 0, 0, 1, rounding * modulus};
    }
    lln_spectrum_list(values, attention->n - known, out);
}

static lln_status find_diagonal(lln_attention *attention, double *diagonal)
{
    if (attention->diagonal)
        return attention->diagonal(attention, diagonal);
    if (attention->kind == LLN_ATTENTION_ROWS)
        return diagonal_from_entries(attention, diagonal);
    return diagonal_from_rows(attention, diagonal);
}

lln_status lln_spectrum_diagonal(lln_attention *attention,
                                 const lln_spectrum_options *options,
                                 lln_spectrum *out)
{
    double *diagonal = lln_array_alloc(attention->n, sizeof *diagonal);
    lln_eigenvalue *values = lln_array_alloc(attention->n, sizeof *values);
    lln_status status =
        diagonal && values ? find_diagonal(attention, diagonal) : LLN_ENOMEM;
    if (status == LLN_OK)
        list_diagonal(attention, diagonal, values, out);
    free(diagonal);
    free(values);
    if (status != LLN_OK || !options->norms)
        return status;
    lln_operator op;
    LLN_TRY(lln_operator_open(attention, lln_spectrum_memory(options, 4), &op));
    status = lln_spectrum_norms(&op, out);
    lln_operator_close(&op);
    return status;
}
