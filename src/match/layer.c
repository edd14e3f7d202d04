/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/layer.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/moments.h"
#include "core/threads.h"
#include "theory/line.h"

typedef struct {
    size_t model;
    long layer;
    lln_moments q, k;
} layer_moments;

struct lln_layer_spreads {
    layer_moments *layers; /* [count] */
    size_t count;
};

static layer_moments *find_layer(const lln_layer_spreads *spreads,
                                 const lln_head *head)
{
    for (size_t i = spreads->count; i-- > 0;)
        if (spreads->layers[i].layer == head->layer &&
            spreads->layers[i].model == head->model)
            return &spreads->layers[i];
    return NULL;
}

static lln_status add_heads(const lln_heads *heads, double tau,
                            lln_precision precision, lln_layer_spreads *spreads)
{
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head = {0};
        LLN_TRY(lln_threads_check_stop());
        lln_status status = heads->load(heads, i, tau, precision, &head);
        if (status == LLN_EUNDEFINED)
            continue;
        LLN_TRY(status);
        layer_moments *layer = find_layer(spreads, &head);
        if (!layer) {
            layer = &spreads->layers[spreads->count++];
            layer->model = head.model;
            layer->layer = head.layer;
        }
        lln_moments q = lln_matrix_summarise(head.q);
        lln_moments k = lln_matrix_summarise(head.k);
        lln_moments_merge(&layer->q, &q);
        lln_moments_merge(&layer->k, &k);
        lln_head_free(&head);
    }
    return LLN_OK;
}

lln_status lln_layer_open(const lln_heads *heads, double tau,
                          lln_precision precision, lln_layer_spreads **spreads)
{
    lln_layer_spreads *opened = calloc(1, sizeof *opened);
    *spreads = NULL;
    if (!opened)
        return lln_fail(LLN_ENOMEM, "out of memory");
    opened->layers = lln_array_alloc(heads->count, sizeof *opened->layers);
    lln_status status =
        opened->layers ? add_heads(heads, tau, precision, opened) : LLN_ENOMEM;
    if (status == LLN_OK)
        *spreads = opened;
    else
        lln_layer_free(opened);
    return status;
}

/* A spread no larger than the rounding of constant values counts as none. */
static lln_status find_spread(lln_moments sum, const char *what, double *sigma)
{
    lln_moments_settle(&sum,
                       lln_precision_rounding(LLN_FLOAT64, fabs(sum.mean)));
    *sigma = sqrt(sum.m2 / (sum.count - 1));
    if (!(*sigma > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "alpha and beta are undefined: all entries of the "
                        "%s of the layer are equal",
                        what);
    return LLN_OK;
}

lln_status lln_layer_match(const lln_layer_spreads *spreads,
                           const lln_head *head, double *alpha, double *beta)
{
    const layer_moments *moments = find_layer(spreads, head);
    double sigma_q, sigma_k, side;
    if (!moments)
        return lln_fail(LLN_EINVAL, "layer %ld does not exist", head->layer);
    LLN_TRY(find_spread(moments->q, "queries", &sigma_q));
    LLN_TRY(find_spread(moments->k, "keys", &sigma_k));
    LLN_TRY(lln_theory_paper_side(sigma_q, sigma_k, &side));
    *alpha = side / sigma_q;
    *beta = side / sigma_k;
    return LLN_OK;
}

void lln_layer_free(lln_layer_spreads *spreads)
{
    if (!spreads)
        return;
    free(spreads->layers);
    free(spreads);
}
