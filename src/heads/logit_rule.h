/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rule of logits: how logits follow from the product q.k of a query and a
 * key. The rule is passed as one value from the options through the heads to
 * the kernels. A new option that changes the logits needs a member here, a row
 * in lln_rule_parts, and a line in each function that compares or describes
 * rules. */
#ifndef LLN_HEADS_LOGIT_RULE_H
#define LLN_HEADS_LOGIT_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "heads/logit_bias.h"

/* Packed documents: key j belongs to the one that has the keys first[j] to
 * end[j] - 1. Owned by the caller, who keeps it as long as the rule is used. */
typedef struct {
    size_t count;              /* of keys */
    const size_t *first, *end; /* [count] */
} lln_documents;

/* Which keys a query may attend to: those that all parts of the mask allow.
 * Always one run of keys, see lln_mask_keys. */
typedef struct {
    bool causal;
    size_t window; /* keys before the query, its own counted; 0: all */
    size_t block;  /* tokens of a block of a kernel, which see each other
                      alone; 0: all */
    bool top;      /* query i is at key i, also where there are fewer queries */
    size_t right;  /* keys after it, its own counted; 0: as many as before it,
                      or, if causal, all */
    size_t prefix; /* first keys that a causal mask does not hide */
    size_t chunk;  /* the same as block, of the model */
    const lln_documents *documents; /* NULL: one */
} lln_mask;

typedef struct {
    lln_mask mask;
    double scale;   /* logits = scale q.k; NaN (never in a head): 1/sqrt(d) */
    double softcap; /* C, then C tanh(logit / C); 0: none */
    const lln_logit_bias *bias; /* then added; NULL: none. Owned by the set of
                                   heads */
    bool has_sink; /* one more outcome beside the keys: P_ij = exp(s_ij) /
                      (sum_l exp(s_il) + exp(sink)) */
    double sink;
} lln_logit_rule;

/* What a rule may require of a kernel. */
typedef enum {
    LLN_HONOURS_FULL = 1,   /* no causal mask */
    LLN_HONOURS_CAUSAL = 2, /* a causal mask */
    LLN_HONOURS_WINDOW = 4, /* a window, alone or with a causal mask */
    LLN_HONOURS_RUNS = 8,   /* any run of keys: chunks, documents, a prefix */
    LLN_HONOURS_MASKS = 15, /* all masks */
    LLN_HONOURS_SCALE = 16, /* the scale: P depends on it */
    LLN_HONOURS_LOGITS =
        32, /* functions of the scaled logit of each query and key */
    LLN_HONOURS_SINK = 64 /* a sink */
} lln_rule_honours;

/* A part of a rule that a kernel may not support. */
typedef struct {
    unsigned honours; /* the lln_rule_honours that the kernel lacks */
    bool (*is_asked)(const lln_logit_rule *rule);
    const char *refusal; /* "does not support", or "needs" */
    const char *words;   /* "a causal mask" */
    const char *option;  /* name of the option of the tools, without dashes */
    bool optional;       /* kernels may be measured without it beside others */
} lln_rule_part;

/* All parts, ended by one without words. A scale is never refused: kernels
 * without logits ignore it. */
extern const lln_rule_part lln_rule_parts[];

/* The first part that the rule requires and that is not among `honours`; NULL:
 * none. */
const lln_rule_part *lln_rule_find_refused(const lln_logit_rule *rule,
                                           unsigned honours);

/* The rule without the optional parts that are not among `honours`. */
lln_logit_rule lln_rule_without(lln_logit_rule rule, unsigned honours);

/* The rule for heads with d features: a scale of NaN becomes 1/sqrt(d). */
lln_logit_rule lln_rule_for(lln_logit_rule rule, size_t d);

/* Whether the rules are equal except for their scale. */
bool lln_rule_same_but_scale(const lln_logit_rule *a, const lln_logit_rule *b);

/* Whether logits are scale q.k and no key is masked: the rule that the theory
 * of the Gaussian model assumes. */
bool lln_rule_is_plain(const lln_logit_rule *rule);

/* Whether logits are scale q.k and the mask allows all keys, the keys up to the
 * query's own, or a window. Under these rules the within-row variance of the
 * logits follows from second moments of queries and keys
 * (lln_temperature_variance). */
bool lln_rule_has_closed_variance(const lln_logit_rule *rule);

/* Whether the mask can exclude keys. */
bool lln_mask_hides(lln_mask mask);

/* Whether the mask is causal, aligned to the last key, and nothing else. */
bool lln_mask_is_causal_alone(lln_mask mask);

/* Whether no query sees a key after its own, if there are as many queries as
 * keys. */
bool lln_mask_is_triangular(lln_mask mask);

/* The position p of query i of n among the keys. */
size_t lln_mask_position(lln_mask mask, size_t n, size_t m, size_t i);

/* Query i of n may attend to the keys first <= j < end of m, at least one.
 * The last query is aligned with the last key, p = i + m - n, or with `top` the
 * first query with the first key, p = i. A key j is allowed if
 *   causal, prefix N:   j <= p or j < N
 *   window W, right R:  p - W < j < p + R
 *   chunk or block B:   j / B = p / B in whole numbers; the last may be smaller
 *   documents:          j and p belong to the same one.
 * Requires n <= m if the mask hides keys. */
void lln_mask_keys(lln_mask mask, size_t n, size_t m, size_t i, size_t *first,
                   size_t *end);

#endif
