/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with gradients: what one head of one example computes, forward and
 * backward. Forward results are those of the kernel of the same name
 * (kernel/table); tests compare them. q, k and v lie in the rows of a wider
 * matrix, therefore the strides. */
#ifndef LLN_TRAIN_ATTENTION_H
#define LLN_TRAIN_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/matrix.h"
#include "core/status.h"

/* Sizes of each head of a model. Logits are q.k / sqrt(size). */
typedef struct {
    lln_precision precision;
    size_t tokens; /* queries and keys */
    size_t size;   /* d = dv */
    size_t stride; /* elements between rows of q, k, v and their gradients */
    size_t out_stride; /* and of the output and its gradient */
    bool causal;
} lln_train_extent;

/* What one layer's attention is besides its input. Constants in the backward
 * pass, except `mixture`. */
typedef struct {
    double alpha, beta; /* of lln, for all heads of the layer */
    double mixture;     /* logit of the share of lln in lln+diag, learned */
    bool mixture_learned;
} lln_train_constants;

typedef struct lln_train_attention lln_train_attention;

/* One row of the table of attention with gradients. */
typedef struct {
    const char *name, *summary;

    /* Elements that forward() keeps for backward(), and elements that both use
     * as scratch, for one head. */
    size_t (*kept)(const lln_train_attention *a, const lln_train_extent *e);
    size_t (*scratch)(const lln_train_attention *a, const lln_train_extent *e);

    /* out [tokens x size] = P v. */
    void (*forward)(const lln_train_attention *a, const lln_train_extent *e,
                    const lln_train_constants *c, const void *q, const void *k,
                    const void *v, void *out, void *kept, void *scratch);

    /* Writes the gradients of q, k and v, given that of the output, and adds
     * that of constants->mixture to *dmixture. */
    void (*backward)(const lln_train_attention *a, const lln_train_extent *e,
                     const lln_train_constants *c, const void *q, const void *k,
                     const void *v, const void *out, const void *dout,
                     const void *kept, void *dq, void *dk, void *dv,
                     double *dmixture, void *scratch);
} lln_train_kernel;

/* How alpha and beta of a layer follow from its running sigma_q and sigma_k. */
typedef enum {
    LLN_TRAIN_NONE,  /* the kernel has neither */
    LLN_TRAIN_PAPER, /* the constants of the paper */
    LLN_TRAIN_EXACT, /* log-variances equal, exactly for Gaussian q and k */
    LLN_TRAIN_STATED /* given, or given as a multiple */
} lln_train_match;

/* A parsed choice, such as "lln:match=exact" or "window:reach=8". */
struct lln_train_attention {
    const lln_train_kernel *kernel;
    char name[64]; /* as it was given */
    lln_train_match match;
    double alpha, beta; /* with LLN_TRAIN_STATED */
    double factor;      /* alpha and beta are multiplied by it; default 1 */
    size_t block;       /* of blockdiag and lln+diag */
    size_t reach;       /* of window */
    double mixture;     /* first share of lln in lln+diag */
    bool mixture_learned;
};

/* Parses NAME[:PARAMETER=VALUE,...]. LLN_EINVAL: no such kernel, or it has no
 * gradients (the message lists those that have), or a bad parameter. */
LLN_NODISCARD lln_status lln_train_attention_parse(const char *text,
                                                   lln_train_attention *a);

/* alpha and beta for a layer with these running deviations of the entries of q
 * and k, for logits q.k / sqrt(size). LLN_EUNDEFINED. */
LLN_NODISCARD lln_status lln_train_constants_set(const lln_train_attention *a,
                                                 const lln_train_extent *e,
                                                 double sigma_q, double sigma_k,
                                                 lln_train_constants *c);

/* Row `index` of the table; NULL after the last. */
const lln_train_kernel *lln_train_kernel_at(size_t index);

#endif
