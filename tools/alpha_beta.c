/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alpha_beta.h"

#include <math.h>

#include "match/lln_side.h"
#include "options.h"
#include "params.h"

static lln_status match_layer(const case_set *set, const lln_head *head,
                              const row_identity *id, double *alpha,
                              double *beta)
{
    size_t at = 0;
    while (at + 1 < set->taus.count && set->taus.values[at] != id->tau)
        at++;
    return lln_layer_match(set->spreads[at], head, alpha, beta);
}

static lln_status match_head(const lln_match_method *method,
                             const lln_head *head, double *alpha, double *beta)
{
    lln_match match;
    LLN_TRY(lln_match_estimate(method, head, &match));
    *alpha = match.alpha;
    *beta = match.beta;
    return LLN_OK;
}

/* The temperature is compared only if --tau was given. */
static params_key find_key(const case_set *set, const row_identity *identity)
{
    return (params_key){
        .source = identity->source,
        .number = {[PARAMS_STEP] = identity->step == LLN_CELL_NONE
                                       ? NAN
                                       : (double)identity->step,
                   [PARAMS_LAYER] = identity->layer,
                   [PARAMS_HEAD] = identity->head,
                   [PARAMS_N] = (double)identity->n,
                   [PARAMS_D] = (double)identity->d,
                   [PARAMS_CAUSAL] = (double)identity->causal,
                   [PARAMS_TAU] = run_shared.tau ? identity->tau : NAN},
        .seed = run_shared.seed,
        .sampled = set->heads.sampled};
}

lln_status alpha_beta_find(const case_set *set, const kernel_entry *entry,
                           const lln_head *head, const row_identity *identity,
                           lln_kernel_choice *choice)
{
    double alpha = NAN, beta = NAN;
    if (entry->from_params) {
        params_key key = find_key(set, identity);
        LLN_TRY(params_find(set->params, &key, &alpha, &beta));
        if (isnan(alpha) || isnan(beta))
            return lln_fail(LLN_EUNDEFINED,
                            "kernel '%s': the row of --params for this head "
                            "has no alpha and beta",
                            choice->text);
    } else if (entry->method || entry->of_layer) {
        LLN_TRY(entry->of_layer
                    ? match_layer(set, head, identity, &alpha, &beta)
                    : match_head(entry->method, head, &alpha, &beta));
    } else {
        return LLN_OK;
    }
    return lln_side_set(alpha, beta, choice);
}
