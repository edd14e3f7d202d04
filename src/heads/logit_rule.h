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

/* The keys that a query may attend to: always one run of keys, see
 * lln_mask_keys. */
typedef struct {
    bool causal;
    size_t window; /* keys to each side, its own key included; 0: all */
    size_t block;  /* tokens of a block; attention stays in it; 0: all */
} lln_mask;

typedef struct {
    lln_mask mask;
    double scale; /* logits = scale q.k; NaN (never in a head): 1/sqrt(d) */
} lln_logit_rule;

/* What a rule may require of a kernel. */
typedef enum {
    LLN_HONOURS_FULL = 1,   /* no causal mask */
    LLN_HONOURS_CAUSAL = 2, /* a causal mask */
    LLN_HONOURS_WINDOW = 4, /* a window, alone or with a causal mask */
    LLN_HONOURS_MASKS = 7,  /* all masks */
    LLN_HONOURS_SCALE = 8,  /* the scale: P depends on it */
    LLN_HONOURS_LOGITS =
        16 /* functions of the scaled logit of each query and key */
} lln_rule_honours;

/* A part of a rule that a kernel may not support. */
typedef struct {
    unsigned honours; /* the lln_rule_honours that the kernel lacks */
    bool (*is_asked)(const lln_logit_rule *rule);
    const char *refusal; /* "does not support", or "needs" */
    const char *words;   /* "a causal mask" */
    const char *option;  /* name of the option of the tools, without dashes */
} lln_rule_part;

/* All parts, ended by one without words. A scale is never refused: kernels
 * without logits ignore it. */
extern const lln_rule_part lln_rule_parts[];

/* The first part that the rule requires and that is not among `honours`; NULL:
 * none. */
const lln_rule_part *lln_rule_find_refused(const lln_logit_rule *rule,
                                           unsigned honours);

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

/* Query i of n may attend to the keys first <= j < end of m, at least one. The
 * last query is aligned with the last key: query i has position p = i + m - n.
 * A causal mask allows j <= p; a window W allows |p - j| < W; both together
 * allow p - W < j <= p. Blocks of B tokens allow floor(j / B) = floor(p / B);
 * the last block may be smaller. Requires n <= m if the mask excludes keys. */
void lln_mask_keys(lln_mask mask, size_t n, size_t m, size_t i, size_t *first,
                   size_t *end);

#endif
