/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A head: the queries and keys of one attention matrix, with the rule of its
 * logits; and an ordered set of heads, wherever they come from. */
#ifndef LLN_HEADS_HEADS_H
#define LLN_HEADS_HEADS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/matrix.h"
#include "core/status.h"
#include "heads/logit_rule.h"

/* What an array of a head holds. */
typedef enum {
    LLN_QUERIES,
    LLN_KEYS,
    LLN_VALUES,
    LLN_ROLES, /* of arrays that are read */
    LLN_RESULTS = LLN_ROLES
} lln_role;

/* Where a head stands along the axes of an array. */
typedef struct {
    size_t batch, layer, head;
} lln_place;

/* The mean of the variances within rows of q.k, kept so that it is found once
 * for the queries, keys and rule, of any scale, that lln_head_keep_variance
 * was given. */
typedef struct {
    const void *q, *k; /* data */
    size_t n, m;       /* rows */
    lln_logit_rule rule;
    double mean; /* NaN: not known yet */
} lln_variance_kept;

struct lln_stored;

/* One head. `storage` belongs to the head (lln_head_free); `source` belongs
 * to the set of heads it was loaded from. */
typedef struct {
    const char *source; /* file name, with [b] for a batch entry; "gaussian" */
    const char *file;   /* the same without [b] */
    long layer, head;   /* 0-based; -1: none */
    long key_head;      /* that it shares with other heads; -1: none */
    long step;          /* of training, in the name of the file; -1: none */
    size_t number;      /* its place in its own file or model, whatever else is
                           in the set: what is drawn for it depends on that */
    size_t model;       /* heads of one model have layers in common */
    lln_place at, of;   /* in the array of queries, and the sizes of its axes */
    size_t first, first_key; /* tokens of padding before queries and keys */
    size_t queries, keys;    /* tokens of the arrays, with padding; 0: there
                                is none */
    lln_matrix q;            /* queries [n x d] */
    lln_matrix k;            /* keys [m x d] */
    lln_matrix v; /* values [m x dv]; no data if they were not asked for */
    /* P itself, read from a file; q and k then have rows, but no columns and
     * no data, unless P is to be compared with what they make. NULL: it is not
     * known. */
    struct lln_stored *stored;
    lln_logit_rule rule;
    double sigma_q, sigma_k; /* deviations of the Gaussian model it was drawn
                                from; 0: it was not */
    lln_variance_kept *kept; /* NULL: nothing is kept */
    void *storage;
} lln_head;

void lln_head_free(lln_head *head);

/* Lets lln_temperature_variance keep what it finds for the head in `kept`,
 * which lives as long, and take it from there for the head and for copies at
 * other scales. Copies with other queries, keys or rules neither use nor
 * change it; numbers must not change in place. Not for several threads at
 * once. */
void lln_head_keep_variance(lln_head *head, lln_variance_kept *kept);

struct lln_result;

/* An ordered set of heads. load() may be called for any index in any order, by
 * several threads at once, and always gives the same numbers. */
typedef struct lln_heads {
    size_t count;
    size_t rows;        /* queries of the largest head */
    size_t bytes;       /* of the arrays in files that hold them */
    const char *note;   /* what was chosen by names in a file; NULL: nothing */
    const char *extent; /* what a file holds, in words; NULL: there is none */
    const char *doubt;  /* why some values will be missing; NULL: none will */
    bool sampled;       /* trials of one model, to be averaged */
    /* Fills in head `index` but for its numbers: q, k and v have no data, and
     * the precision in which they are loaded if LLN_FLOAT32 is asked for. Needs
     * no reading. */
    void (*describe)(const struct lln_heads *heads, size_t index,
                     lln_head *head);
    /* Loads head `index` in `precision`. With a temperature tau > 0 queries
     * and keys are both multiplied by one factor so that the temperature of
     * softmax attention is tau: the model's for sampled heads (sigma_q =
     * sigma_k = tau^-1/2 at the default scale), the measured one for files.
     * tau = NaN: as they are. LLN_EUNDEFINED: the head cannot be given the
     * temperature, the message says why and does not name the head. */
    lln_status (*load)(const struct lln_heads *heads, size_t index, double tau,
                       lln_precision precision, lln_head *head);
    /* The arrays that results [queries x value features] of all heads make up
     * (heads/results.h), in order; the caller releases them by
     * lln_results_free. LLN_EINVAL: there are no values; LLN_ENOMEM. */
    lln_status (*results)(const struct lln_heads *heads,
                          struct lln_result **results, size_t *count);
    /* Gives back memory of files that no load() is using. */
    void (*rest)(const struct lln_heads *heads);
    void (*close)(struct lln_heads *heads);
    void *state;
} lln_heads;

/* Releases a set of heads; a set that was never opened is legal if zeroed. */
void lln_heads_close(lln_heads *heads);

#endif
