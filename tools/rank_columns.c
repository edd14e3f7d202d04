/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rank_columns.h"

#include <stdatomic.h>

#include "core/text.h"
#include "message.h"
#include "options.h"

/* Heads without a value, by reason. */
static atomic_size_t entropy_large, rank_large, rank_uncertain, rank_beyond,
    sigma_uncertain, no_products;

static void note(const lln_ranks *p)
{
    entropy_large += p->entropy_missing == LLN_RANKS_LARGE;
    rank_large += p->rank90_missing == LLN_RANKS_LARGE;
    rank_uncertain += p->rank90_missing == LLN_RANKS_UNCERTAIN;
    rank_beyond += p->rank90_missing == LLN_RANKS_BEYOND;
    sigma_uncertain += p->sigma_missing == LLN_RANKS_UNCERTAIN;
}

lln_status rank_columns_measure(const run_case *c, rank_record *out)
{
    const unsigned all = LLN_RANKS_SIGMA1 | LLN_RANKS_SIGMA2 |
                         LLN_RANKS_STABLE | LLN_RANKS_90 | LLN_RANKS_COLUMNS |
                         LLN_RANKS_ENTROPY;
    unsigned what = c->passes >> RANK_SHIFT & all;
    if (c->passes & PASS_LOGIT_RANKS) {
        LLN_TRY(lln_logit_ranks_measure(c->head, &out->logits));
        no_products += !lln_logits_are_products(c->head);
    }
    if (what == 0)
        return LLN_OK;
    lln_status status =
        lln_ranks_measure_head(c->kernel, c->head, what, &out->p);
    if (status == LLN_OK)
        note(&out->p);
    return status;
}

/* Warns that a column of some rows is nan. */
static void warn(size_t heads, const char *column, const char *why)
{
    if (heads > 0)
        cli_warn("%zu head%s: %s printed as nan: %s", heads,
                 lln_text_plural(heads), column, why);
}

int rank_columns_explain(int status)
{
    if (run_shared.quiet)
        return status;
    warn(entropy_large, "entropy_rank is",
         "it needs all singular values; at most 2048 queries or keys");
    warn(rank_beyond, "rank90 is",
         "more than 512; see the lower bound rank90_least");
    warn(rank_large, "rank90 is", "not enough memory for its vectors");
    warn(rank_uncertain, "rank90 is", "no convergence");
    warn(sigma_uncertain, "sigma1 or sigma2 is", "no convergence");
    warn(no_products, "logit ranks are",
         "logits with a cap or a bias are not a product of queries and keys");
    return status;
}
