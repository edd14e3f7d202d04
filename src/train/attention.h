/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with gradients: what one head of one example computes, forward and
 * backward. Forward results are those of the kernel of the same name
 * (kernel/table); tests compare them. q, k and v lie in the rows of a wider
 * matrix, therefore the strides. Example: size 1, q = 1, keys 0 and ln 3, v =
 * (4, 8); softmax gives out = 7, and with dout = 1 dv = (1/4, 3/4). */
#ifndef LLN_TRAIN_ATTENTION_H
#define LLN_TRAIN_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/matrix.h"
#include "core/status.h"
#include "heads/logit_rule.h"
#include "kernel/parameters.h"

/* Sizes of each head of a model. Logits are q.k / sqrt(size). */
typedef struct {
    lln_precision precision;
    size_t tokens; /* queries and keys */
    size_t size;   /* d = dv */
    size_t stride; /* elements between rows of q, k, v and their gradients */
    size_t out_stride; /* and of the output and its gradient */
    bool causal;
} lln_train_extent;

/* Parameters of the attention of one layer. Constants in the backward pass,
 * except `mixture`. */
typedef struct {
    double alpha, beta; /* of lln, for all heads of the layer */
    double mixture;     /* logit of the weight of lln in lln+diag, learned */
    bool mixture_learned;
} lln_train_constants;

typedef struct lln_train_attention lln_train_attention;

/* One row of the table of attention with gradients. */
typedef struct {
    const char *name, *summary;

    /* Elements that forward() keeps for backward(), and elements that both use
     * as scratch, for one head. Both arrays should be aligned to 64 bytes. */
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
                     const void *v, const void *dout, void *kept, void *dq,
                     void *dk, void *dv, double *dmixture, void *scratch);
} lln_train_kernel;

/* How alpha and beta of a layer follow from its running sigma_q and sigma_k. */
typedef enum {
    LLN_TRAIN_NONE,  /* the kernel has neither */
    LLN_TRAIN_PAPER, /* the constants of the paper */
    LLN_TRAIN_EXACT, /* log-variances equal, exactly for Gaussian q and k */
    LLN_TRAIN_STATED /* given */
} lln_train_match;

/* A table of a = alpha sigma_q for match=exact, see attention_constants.c;
 * empty if zeroed. */
enum { LLN_TRAIN_SIDES = 96 };
typedef struct {
    size_t size;
    double side[LLN_TRAIN_SIDES]; /* 0: not known yet */
} lln_train_sides;

/* A parsed choice, such as "lln:match=exact" or "window:reach=8". */
struct lln_train_attention {
    const lln_train_kernel *kernel;
    lln_kernel_choice choice; /* of kernel/table; for uniform, lln with alpha =
                                 beta = 0 */
    char name[LLN_KERNEL_TEXT]; /* as it was given */
    lln_train_match match;
    double alpha, beta; /* with LLN_TRAIN_STATED */
    double factor;      /* alpha and beta are multiplied by it; default 1 */
    lln_mask mask;      /* block of blockdiag and lln+diag, window of window */
    bool own_block;     /* the block is the size of a head */
    double eps;         /* of elu and relu */
    double ratio;       /* weight of lln in lln+diag, the first if learned */
    double mixture;     /* logit of ratio, first value of constants.mixture */
    bool mixture_learned;
    lln_train_sides sides;
};

/* Parses NAME[:PARAMETER=VALUE]..., with the parameters of the kernel of that
 * name and their defaults, except for lln and lln+diag: match=paper (the
 * default) or match=exact; factor=F multiplies alpha and beta; and
 * ratio=learned, which begins at 0.5. LLN_EINVAL: no such kernel, or it has no
 * gradients (the message lists those that have), or a bad parameter. */
LLN_NODISCARD lln_status lln_train_attention_parse(const char *text,
                                                   lln_train_attention *a);

/* Whether both compute the same P for the same q and k, as lln:factor=1 and
 * lln:match=paper do. */
bool lln_train_attention_same(const lln_train_attention *a,
                              const lln_train_attention *b);

/* Sets the constants of a layer with these running standard deviations of the
 * entries of q and k, for heads of e->size. With a = alpha sigma_q = b = beta
 * sigma_k, before the factor:
 *   paper   a as in the published code, lln_theory_paper_side
 *   exact   D2, the within-row log-variance, of LLN attention is sigma_q^2
 *           sigma_k^2, that of softmax, in the Gaussian model without a mask:
 *           lln_theory_lln_match by interpolation between values that are
 *           computed when first needed and stored in a->sides; D2 to 1e-6, and
 *           to 1 % for sigma_q sigma_k above 13
 * Also sets c->mixture, unless it is learned: then the caller sets it.
 * LLN_EUNDEFINED: alpha and beta follow from sigma_q and sigma_k, and one of
 * them is not positive, or sigma_q^2 sigma_k^2 is 0 or not finite. LLN_ENOMEM.
 */
LLN_NODISCARD lln_status lln_train_constants_set(lln_train_attention *a,
                                                 const lln_train_extent *e,
                                                 double sigma_q, double sigma_k,
                                                 lln_train_constants *c);

/* The weight of lln in lln+diag: a->ratio or, if it is learned, 1 / (1 +
 * exp(-c->mixture)). NaN for other kernels. */
double lln_train_ratio(const lln_train_attention *a,
                       const lln_train_constants *c);

/* The kernel of kernel/table that computes P of a layer with these constants.
 * LLN_EINVAL: that table refuses a value. */
LLN_NODISCARD lln_status lln_train_choice(const lln_train_attention *a,
                                          const lln_train_constants *c,
                                          lln_kernel_choice *choice);

/* `count` elements rounded up, so that an array after them begins at a multiple
 * of 64 bytes if they do. */
static inline size_t lln_train_aligned(size_t count)
{
    return (count + 15) / 16 * 16;
}

/* Sets parameter `index` of a kernel of the table, which is named without
 * parameters; false: it has no more. */
bool lln_train_parameter_at(const char *kernel, size_t index,
                            lln_kernel_parameter *out);

/* Row `index` of the table; NULL after the last. */
const lln_train_kernel *lln_train_kernel_at(size_t index);

#endif
