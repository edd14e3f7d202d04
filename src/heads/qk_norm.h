/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The normalisation of queries and keys (QK-norm) before or after rotary
 * embedding. */
#ifndef LLN_HEADS_QK_NORM_H
#define LLN_HEADS_QK_NORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/moments.h"
#include "core/settings.h"
#include "core/status.h"

typedef enum {
    LLN_NORM_NONE,
    LLN_NORM_RMS,  /* x / sqrt(mean x^2 + eps) */
    LLN_NORM_L2,   /* x / sqrt(sum x^2 + eps) */
    LLN_NORM_LAYER /* (x - mean) / sqrt(var + eps), var with divisor w */
} lln_norm_kind;

typedef struct {
    lln_norm_kind kind;
    double eps;
    bool plus_one;     /* the factor is 1 + weight */
    bool across_heads; /* over the w = heads d features of a token, not d */
    bool after_rope;
} lln_qk_norm;

/* Reads none or rms|l2|layer[:eps=X][:plus-one][:across-heads][:after-rope].
 * eps defaults to 1e-6 for rms and l2, to 1e-5 for layer. LLN_EINVAL. */
LLN_NODISCARD lln_status lln_qk_norm_read(const char *text, lln_qk_norm *norm);

/* What the features of a row are multiplied by, and what is added; each is
 * [d] or NULL. */
typedef struct {
    const double *weight, *bias;
} lln_norm_weights;

/* Normalises the rows of x [rows x d]: factor (x - mean) / size, times the
 * weight (or 1 + weight), plus the bias. `tokens` [rows] are the moments of all
 * features of each token, over all heads; NULL: those of the row itself. A row
 * of zeros with eps = 0 becomes NaN. Sources: RMSNorm (Zhang and
 * Sennrich, 2019, eq. 4) and layer normalisation (Ba et al., 2016, eq. 3). */
void lln_qk_norm_apply(const lln_qk_norm *norm, const lln_norm_weights *weights,
                       const lln_moments *tokens, double *x, size_t rows,
                       size_t d);

/* Adds the features of each row of x [rows x d] to the moments of its token,
 * tokens [rows]: mean and m2 alone. */
void lln_qk_norm_add(const double *x, size_t rows, size_t d,
                     lln_moments *tokens);

/* The form of the values of --qk-norm. */
extern const lln_setting_form lln_qk_norm_form;

#endif
