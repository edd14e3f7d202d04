/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * P_ii of causal LLN attention in O(n d) time, in logarithms, with or without a
 * window. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/lln/lln_internal.h"
#include "kernel/row_math.h"

/* suffix [window x d]: row r is ln sum exp(y_jl) over the keys j from first + r
 * to first + window - 1. */
static void fill_suffix(const lln_state *state, size_t first, size_t window,
                        double *suffix)
{
    size_t d = state->k.columns;
    for (size_t r = window; r-- > 0;)
        for (size_t l = 0; l < d; l++) {
            double y = state->beta * lln_matrix_get(state->k, first + r, l);
            suffix[r * d + l] =
                r + 1 < window ? lln_log_add(suffix[(r + 1) * d + l], y) : y;
        }
}

/* P_ii = sum_l B_il exp(y_il - norm_l(i)), where norm_l(i) runs over the keys
 * that query i may see and B_il is the softmax over l of x_il + norm_l(i). Keys
 * are divided into blocks as long as the window. Query i sees the beginning of
 * its own block and the end of the previous one (van Herk 1992). norm: [4 d];
 * suffix: [window x d], not used if the window is n. */
static void fill_diagonal(const lln_attention *attention, size_t window,
                          double *norm, double *suffix, double *out)
{
    const lln_state *state = attention->state;
    size_t d = attention->rank;
    double *share = norm + d, *prefix = share + d, *b = prefix + d;
    for (size_t i = 0; i < attention->n; i++) {
        size_t r = i % window;
        if (r == 0 && i > 0)
            fill_suffix(state, i - window, window, suffix);
        for (size_t l = 0; l < d; l++) {
            double y = state->beta * lln_matrix_get(state->k, i, l);
            prefix[l] = r == 0 ? y : lln_log_add(prefix[l], y);
            norm[l] = prefix[l];
            if (i >= window && r + 1 < window)
                norm[l] = lln_log_add(norm[l], suffix[(r + 1) * d + l]);
            share[l] = exp(y - norm[l]);
        }
        for (size_t l = 0; l < d; l++)
            b[l] = state->alpha * lln_matrix_get(state->q, i, l) + norm[l];
        lln_row_softmax(b, d);
        out[i] = lln_row_dot(b, share, d);
    }
}

lln_status lln_lln_causal_diagonal(const lln_attention *attention, double *out)
{
    size_t d = attention->rank, window = attention->mask.window;
    if (window == 0 || window > attention->n)
        window = attention->n;
    size_t suffix = window < attention->n ? window * d : 0;
    double *memory = lln_array_alloc(4 * d + suffix, sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
    fill_diagonal(attention, window, memory, memory + 4 * d, out);
    free(memory);
    return LLN_OK;
}
