/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN+Diag: a weighted mean of LLN attention L over all keys and softmax D
 * within blocks. */
#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/dense/local.h"
#include "kernel/lln/feature_norm.h"
#include "kernel/lln/lln.h"
#include "kernel/lln/mixture.h"
#include "kernel/row_math.h"

/* Data for <L~, D~> = sum_ij D_ij (L_ij - l_j), with l the column means of L.
 * It needs only the blocks of L. */
typedef struct {
    const lln_attention *lln;
    const double *mean; /* l [m] */
    size_t width;       /* keys of the widest tile */
    double *scratch;    /* [threads x scratch_size] */
    double *sums;       /* [groups] */
} cross_work;

static size_t scratch_size(size_t width, size_t rank)
{
    return (LLN_LOCAL_ROWS + width) * rank + LLN_LOCAL_ROWS * width;
}

static void visit_cross(void *context, size_t group, const lln_local_tile *tile)
{
    const cross_work *w = context;
    size_t rank = w->lln->rank;
    double *b = w->scratch +
                (size_t)omp_get_thread_num() * scratch_size(w->width, rank);
    double *a = b + LLN_LOCAL_ROWS * rank, *p = a + w->width * rank;
    w->lln->features(w->lln, tile->first, tile->rows, b, NULL);
    w->lln->features(w->lln, tile->low, tile->keys, NULL, a);
    lln_row_products(1, b, tile->rows, a, tile->keys, rank, tile->keys, p);
    double sum = 0;
    for (size_t i = 0; i < tile->rows; i++)
        for (size_t j = 0; j < tile->keys; j++) {
            size_t at = i * tile->keys + j;
            sum += tile->p[at] * (p[at] - w->mean[tile->low + j]);
        }
    w->sums[group] += sum;
}

static lln_status find_cross(const lln_mixture *mixture, const double *mean,
                             double *cross)
{
    const lln_local *diag = mixture->part[1].state;
    size_t groups = lln_local_groups(diag);
    size_t width = lln_local_width(diag);
    size_t size = scratch_size(width, mixture->part[0].rank);
    double *sums = lln_array_alloc(groups + (size_t)lln_threads_count() * size,
                                   sizeof *sums);
    if (!sums)
        return LLN_ENOMEM;
    cross_work w = {&mixture->part[0], mean, width, sums + groups, sums};
    lln_status status = lln_local_visit(diag, visit_cross, &w);
    *cross = 0;
    for (size_t g = 0; g < groups; g++)
        *cross += sums[g];
    free(sums);
    return status;
}

/* ||w L~ + (1 - w) D~||^2; mean: scratch [m]; share: [n], all 1/n. */
static lln_status find_square(const lln_mixture *mixture, lln_matrix share,
                              double *mean, double *square)
{
    const lln_attention *lln = &mixture->part[0], *diag = &mixture->part[1];
    double wl = mixture->weight[0], wd = mixture->weight[1], cross, l, d;
    LLN_TRY(lln->transposed(lln, share, mean));
    LLN_TRY(find_cross(mixture, mean, &cross));
    LLN_TRY(lln_feature_norm(lln, &l));
    LLN_TRY(diag->transposed(diag, share, mean));
    LLN_TRY(diag->unbiased_norm(diag, mean, &d));
    *square = wl * wl * l * l + 2 * wl * wd * cross + wd * wd * d * d;
    return LLN_OK;
}

static lln_status lln_diag_norm(const lln_attention *attention,
                                const double *mean, double *norm)
{
    size_t n = attention->n;
    double *scratch = lln_array_alloc_raw(n + attention->m, sizeof *scratch);
    double square = 0;
    if (!scratch)
        return LLN_ENOMEM;
    (void)mean; /* of the sum; the means of the parts are needed */
    for (size_t i = 0; i < n; i++)
        scratch[i] = 1 / (double)n;
    lln_status status =
        find_square(attention->state, (lln_matrix){LLN_FLOAT64, n, 1, scratch},
                    scratch + n, &square);
    free(scratch);
    *norm = sqrt(fmax(square, 0));
    return status;
}

/* Uses float64 factors also for a float32 head, as products do. */
static void use_float64(lln_attention *attention)
{
    attention->precision = LLN_FLOAT64;
    attention->tiles.left.precision = attention->tiles.right.precision =
        LLN_FLOAT64;
}

static lln_status lln_diag_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    double ratio;
    lln_head blocked = *head;
    lln_attention lln, diag;
    LLN_TRY(lln_kernel_real(choice, "ratio", &ratio));
    LLN_TRY(lln_kernel_count_or(choice, "block", head->q.columns,
                                &blocked.rule.mask.block));
    LLN_TRY(lln_lln_open(choice, head, &lln));
    if (lln.kind == LLN_ATTENTION_TILES)
        use_float64(&lln);
    lln_status status = lln_local_open(choice, &blocked, &diag);
    if (status != LLN_OK) {
        lln_attention_close(&lln);
        return status;
    }
    LLN_TRY(lln_mixture_open(&lln, &diag, ratio, attention));
    const lln_mixture *mixture = attention->state;
    if (mixture->part[0].features && mixture->part[0].transposed)
        attention->unbiased_norm = lln_diag_norm;
    return LLN_OK;
}

const lln_kernel lln_kernel_lln_blockdiag = {
    .name = "lln+diag",
    .summary = "ratio times lln plus (1 - ratio) times blockdiag",
    .reference = "Nahshan, Kampeas, Haleva 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE,
    .variant = "eps",
    .variant_honours =
        LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .takes_alpha_beta = true,
    .parameters =
        {{"alpha", "multiplies the queries", NULL, {-INFINITY, INFINITY}},
         {"beta", "multiplies the keys", NULL, {-INFINITY, INFINITY}},
         {"match", LLN_LLN_MATCH_SUMMARY, "measured", .words = lln_lln_matches},
         {"eps",
          "added to the sum of a row of lln, as published",
          NULL,
          {0, 1}},
         {"scales",
          "match uses the standard deviations of each head, or of each layer",
          "head", .words = lln_lln_scales},
         {"block",
          "tokens in a block (default: d)",
          NULL,
          {1, LLN_MOST_TOKENS, true}},
         {"ratio", "weight of lln", "0.5", {0, 1}}},
    .open = lln_diag_open,
};
