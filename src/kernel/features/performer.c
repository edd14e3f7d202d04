/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * FAVOR+: with x' = x sqrt(scale) for queries and keys and W [r x d] random,
 *     phi(x) = exp(W x' - |x'|^2/2 - top) + eps.
 * For a query, top is the largest entry of its W x'; for keys, the largest over
 * all keys. For eps = 0 the mean of phi(q).phi(k) over W is exp(scale q.k), up
 * to factors that cancel in P. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/features/features.h"
#include "kernel/features/projection.h"
#include "kernel/row_math.h"

enum { CHUNK = 128 };

typedef struct {
    double *w; /* [rank x d] */
    double eps;
    double factor[2]; /* of queries and keys: x' = factor x */
    double top;       /* of the keys */
} performer;

static void performer_release(void *state)
{
    free(((performer *)state)->w);
}

/* W x' of some rows */
static void project(const lln_features *f, lln_role side, size_t first,
                    size_t count, double *out)
{
    const performer *p = f->state;
    const double *x = lln_features_tokens(f, side, first);
    lln_row_products(p->factor[side], x, count, p->w, f->rank, f->d, f->rank,
                     out);
}

/* |x'|^2/2 of row i */
static double half_square(const lln_features *f, lln_role side, size_t i)
{
    const double *x = lln_features_tokens(f, side, i);
    return 0.5 * fabs(f->rule.scale) * lln_row_dot(x, x, f->d);
}

/* If eps = 0, a factor common to all features of one query, or of all keys,
 * cancels in P. It is chosen so large that nothing underflows needlessly. */
static void fill_performer_features(const lln_features *f, lln_role side,
                                    size_t first, size_t count, double *out)
{
    const performer *p = f->state;
    project(f, side, first, count, out);
    for (size_t i = 0; i < count; i++, out += f->rank) {
        bool queries = side == LLN_QUERIES;
        double shift = queries ? lln_row_max(out, f->rank) : p->top;
        if (!queries || p->eps > 0)
            shift += half_square(f, side, first + i);
        lln_row_exp(out, f->rank, shift, p->eps);
    }
}

/* The largest exponent of a chunk of keys, without |x'|^2/2 if eps > 0;
 * scratch: [CHUNK x rank]. */
static double chunk_top(const lln_features *f, size_t first, double *scratch)
{
    const performer *p = f->state;
    size_t count = f->m - first < CHUNK ? f->m - first : CHUNK;
    double top = -INFINITY;
    project(f, LLN_KEYS, first, count, scratch);
    for (size_t j = 0; j < count; j++) {
        double largest = lln_row_max(scratch + j * f->rank, f->rank);
        if (p->eps == 0)
            largest -= half_square(f, LLN_KEYS, first + j);
        top = fmax(top, largest);
    }
    return top;
}

static lln_status find_top(lln_features *f)
{
    performer *p = f->state;
    double top = -INFINITY;
    bool failed = false;
#pragma omp parallel reduction(max : top) reduction(|| : failed)
    {
        double *scratch = lln_array_alloc_raw(CHUNK * f->rank, sizeof *scratch);
        failed = !scratch;
#pragma omp for schedule(static)
        for (size_t j = 0; j < f->m; j += CHUNK)
            if (scratch && !lln_stop_requested)
                top = fmax(top, chunk_top(f, j, scratch));
        free(scratch);
    }
    p->top = top;
    return failed ? lln_fail(LLN_ENOMEM, "out of memory")
                  : lln_threads_check_stop();
}

static lln_status performer_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    double eps;
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_features_new(choice, head, sizeof(performer), &f));
    performer *p = f->state;
    p->eps = eps;
    lln_features_roots(f, p->factor);
    f->release = performer_release;
    f->positive = true;
    f->fill = fill_performer_features;
    f->divisor = lln_features_sum_plus;
    lln_status status = lln_projection_open(choice, LLN_PROJECTION_ORTHOGONAL,
                                            f->d, &f->rank, &p->w);
    if (status == LLN_OK)
        status = find_top(f);
    if (status == LLN_OK)
        return lln_features_open(f, attention);
    lln_features_free(f);
    return status;
}

const lln_kernel lln_kernel_performer = {
    .name = "performer",
    .summary =
        "positive random features that approximate exp(scale q.k) (FAVOR+)",
    .reference = "Choromanski et al. 2021",
    .rank = "features",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .arrays = {{.name = "w",
                .shapes = {{"features", "d"}},
                .unit = "replaces the random matrix",
                .finite = true}},
    .parameters = {{"features",
                    "rows of the random matrix",
                    "256",
                    {1, LLN_PROJECTION_MOST, true}},
                   {"eps", "added to each feature", "1e-6", {0, 1}}},
    .open = performer_open,
};
