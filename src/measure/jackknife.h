/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The delete-group jackknife over the tokens of one head: groups of consecutive
 * tokens, and the standard error from the values without each group. Example: 6
 * tokens in 3 groups of 2; a value is 1, 2 and 6 without them, its standard
 * error sqrt(2/3 (4 + 1 + 9)) = 3.06. */
#ifndef LLN_MEASURE_JACKKNIFE_H
#define LLN_MEASURE_JACKKNIFE_H

#include "kernel/attention.h"

enum { LLN_JACKKNIFE_GROUPS = 20, LLN_JACKKNIFE_MOST = 1000 };

/* Group t is left out by removing its rows and its keys. Token j of m is in
 * group floor(j g / m). If there are as many queries as keys, or the mask or
 * the bias hides keys, query i is the token at its position among the keys
 * (lln_mask_position), and both leave together. Otherwise the queries have
 * groups of their own, floor(i g / n), and those of the same number leave
 * together. */
typedef struct {
    size_t count;  /* g */
    size_t *first; /* [g + 1]: keys first[t] .. first[t + 1] - 1; owned */
    size_t n, m;
    lln_mask mask;
    bool apart; /* queries have groups of their own */
} lln_jackknife;

/* Makes `count` groups, 2 to LLN_JACKKNIFE_MOST, or as many as there are
 * tokens, if these are fewer; one token makes one group. Release them with
 * lln_jackknife_free. LLN_EINVAL: attention by rows, since other entries of a
 * row might change with a key; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_jackknife_open(const lln_attention *attention,
                                            size_t count,
                                            lln_jackknife *groups);

/* The same for n >= 1 queries and m >= 1 keys with the mask and the bias of a
 * rule. A bias that hides keys from more queries than keys aligns nothing.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_jackknife_open_tokens(size_t n, size_t m,
                                                   const lln_logit_rule *rule,
                                                   size_t count,
                                                   lln_jackknife *groups);

/* Frees the groups; a zeroed struct is legal. */
void lln_jackknife_free(lln_jackknife *groups);

/* The group of a query. */
size_t lln_jackknife_query(const lln_jackknife *groups, size_t query);

/* The group of a key. */
size_t lln_jackknife_key(const lln_jackknife *groups, size_t key);

/* The standard error sqrt((g - 1)/g sum_t (x_t - their mean)^2), x_t =
 * first[t stride] the value without group t of g = count. NaN if one is NaN, or
 * g < 2. Source: Efron and Tibshirani (1993), eq. 11.5; Kuensch (1989) for
 * groups of consecutive values. */
double lln_jackknife_error(const double *first, size_t stride, size_t count);

/* LLN_EUNDEFINED, with the reason, if the error of a value is NaN although the
 * value is not. */
LLN_NODISCARD lln_status lln_jackknife_explain(const lln_jackknife *groups,
                                               double value, double error);

#endif
