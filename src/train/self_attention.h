/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention of all heads between its linear maps: q, k and v from one map, and
 * a map of the heads' results side by side. */
#ifndef LLN_TRAIN_SELF_ATTENTION_H
#define LLN_TRAIN_SELF_ATTENTION_H

#include "train/attention.h"
#include "train/linear.h"

/* Parameters, or their gradients. */
typedef struct {
    lln_linear qkv; /* width to 3 width: q of all heads, then k, then v */
    lln_linear out;
    void *mixture; /* see lln_train_constants, [1]; NULL: not learned */
} lln_self_attention;

/* What attention is of one layer, and for how many examples. */
typedef struct {
    const lln_train_attention *attention;
    lln_train_constants constants;
    lln_train_extent extent;
    size_t examples, head_count;
    size_t kept; /* elements that the attention of one head keeps */
} lln_self_attention_run;

/* What forward() keeps for backward(); rows = examples tokens. */
typedef struct {
    void *qkv;   /* [rows x 3 width] */
    void *heads; /* of the attention, [examples x head_count x run->kept] */
    void *mixed; /* P v of all heads [rows x width] */
} lln_self_attention_kept;

/* Adds the result for y [rows x width] to x [rows x width]. scratch: that of
 * the attention. */
void lln_self_attention_forward(const lln_self_attention *layer,
                                const lln_self_attention_run *run,
                                const void *y,
                                const lln_self_attention_kept *kept, void *x,
                                void *scratch);

/* From the gradient dx of the result: writes the gradients of the parameters,
 * and that of y to dy. wide: scratch of [rows x 3 width]; sums: of [3 width].
 */
void lln_self_attention_backward(const lln_self_attention *layer,
                                 const lln_self_attention_run *run,
                                 const void *y,
                                 const lln_self_attention_kept *kept,
                                 const void *dx,
                                 const lln_self_attention *gradient, void *dy,
                                 void *wide, void *scratch, double *sums);

#endif
