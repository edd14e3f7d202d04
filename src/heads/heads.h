/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A head is the queries and keys of one attention matrix, with the rule of its
 * logits. A set of heads is ordered and does not say where its heads come from.
 * Example: queries [2, 12, 512, 64] (b h n d) of a file form 24 heads with n =
 * 512 and d = 64; head 19 has at = {batch 1, layer 0, head 7} and of = {2, 1,
 * 12}. */
#ifndef LLN_HEADS_HEADS_H
#define LLN_HEADS_HEADS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/matrix.h"
#include "core/status.h"
#include "heads/logit_rule.h"

/* What an array of a head contains. */
typedef enum {
    LLN_QUERIES,
    LLN_KEYS,
    LLN_VALUES,
    LLN_ROLES, /* number of roles that are read */
    LLN_RESULTS = LLN_ROLES,
    LLN_MAPS /* one matrix of blocks of P for each head */
} lln_role;

/* Indices of a head along the axes of an array. */
typedef struct {
    size_t batch, layer, head;
} lln_place;

/* The mean over rows of the variance of q.k within the row. It is computed once
 * for the queries, keys and rule (of any scale) that lln_head_keep_variance was
 * given. */
typedef struct {
    const void *q, *k; /* data */
    size_t n, m;       /* rows */
    lln_logit_rule rule;
    double mean; /* NaN: not computed yet */
} lln_variance_kept;

struct lln_stored;

/* One head. The head owns `storage` (lln_head_free). The set of heads owns
 * `source` and `file`. */
typedef struct {
    const char *source; /* file name, with [b] for a batch entry; "gaussian" */
    const char *file;   /* file name without [b] */
    long layer, head;   /* 0-based; -1: none */
    long key_head; /* the key head, which other heads may use too; -1: none */
    long step;     /* training step from the name of the file; -1: none */
    size_t number; /* index in its own file or model, whatever else is in the
                      set; random draws for the head depend on it */
    size_t model;  /* index of the model: its heads have layers in common */
    lln_place at, of; /* indices in the array of queries; sizes of its axes */
    size_t first, first_key; /* tokens of padding before queries and keys */
    size_t queries, keys;    /* tokens of the arrays, padding included; 0: there
                                are no arrays */
    lln_matrix q;            /* queries [n x d] */
    lln_matrix k;            /* keys [m x d] */
    lln_matrix v; /* values [m x dv]; without data if they were not requested */
    /* P itself, read from a file; q and k then have rows, but no columns and
     * no data, unless P is to be compared with what they make. NULL: it is not
     * known. */
    struct lln_stored *stored;
    lln_logit_rule rule;
    double sigma_q, sigma_k; /* standard deviations of the Gaussian model that
                                it was drawn from; 0: it was not drawn */
    lln_variance_kept *kept; /* NULL: nothing is kept */
    void *storage;
} lln_head;

/* Orders places by batch entry, then layer, then head: -1, 0 or 1. */
int lln_place_compare(lln_place a, lln_place b);

/* A head of matrices in memory: queries q [n x d], keys k [m x d] and, if v has
 * data, values v [m x dv], with logits q.k / sqrt(d) and no mask. Set other
 * members of `rule` as needed. The matrices are not copied: they must live as
 * long as the head, which owns nothing. q and k have one precision, and all
 * entries must be finite (lln_matrix_find_nonfinite). */
lln_head lln_head_of(lln_matrix q, lln_matrix k, lln_matrix v);

/* Releases what the head owns. A zeroed head is legal. */
void lln_head_free(lln_head *head);

/* Lets lln_temperature_variance store its result for the head in `kept`, and
 * reuse it for the head and for copies with other scales. `kept` must live as
 * long as the head. Copies with other queries, keys or rules neither use nor
 * change it. The values of q and k must not change. Not for several threads at
 * once. */
void lln_head_keep_variance(lln_head *head, lln_variance_kept *kept);

struct lln_result;

/* An ordered set of heads. load() may be called for any index, in any order and
 * by several threads at once; it always gives the same values. */
typedef struct lln_heads {
    size_t count;
    size_t rows;        /* queries of the largest head */
    size_t bytes;       /* of the arrays in files */
    const char *note;   /* which arrays were chosen by names; NULL: none */
    const char *extent; /* what a file contains, in words; NULL: no file */
    const char *doubt;  /* why some values will be missing; NULL: none will */
    bool sampled;       /* heads are trials of one model, to be averaged */
    /* Fills in head `index` without its values: q, k and v have no data, and
     * have the precision that load() gives them for LLN_FLOAT32. Reads
     * nothing. */
    void (*describe)(const struct lln_heads *heads, size_t index,
                     lln_head *head);
    /* Loads head `index` in `precision`. If tau > 0, multiplies queries and
     * keys by the same factor, so that the temperature of softmax attention
     * becomes tau: the temperature of the model for sampled heads (sigma_q =
     * sigma_k = tau^-1/2 at the default scale), the measured temperature for
     * files. tau = NaN: no change. LLN_EUNDEFINED: the head cannot have this
     * temperature; the message says why and does not name the head. */
    lln_status (*load)(const struct lln_heads *heads, size_t index, double tau,
                       lln_precision precision, lln_head *head);
    /* The arrays, in order, that the results [queries x value features] of all
     * heads form (heads/results.h), with one feature if there are no values.
     * The caller releases them with lln_results_free, before the heads are
     * closed. LLN_ENOMEM. */
    lln_status (*results)(const struct lln_heads *heads,
                          struct lln_result **results, size_t *count);
    /* Releases memory of files that no load() is using. */
    void (*rest)(const struct lln_heads *heads);
    void (*close)(struct lln_heads *heads);
    void *state;
} lln_heads;

/* Releases a set of heads. A set that was never opened is legal if it is
 * zeroed. */
void lln_heads_close(lln_heads *heads);

#endif
