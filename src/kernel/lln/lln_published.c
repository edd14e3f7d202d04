/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/lln/lln_published.h"

#include <math.h>

#include "kernel/features/features.h"
#include "kernel/row_math.h"

typedef struct {
    double factor[2]; /* alpha and beta */
    double top;       /* largest beta k_jl */
} published;

static void fill_published_features(const lln_features *f, lln_role side,
                                    size_t first, size_t count, double *out)
{
    const published *p = f->state;
    size_t d = f->d;
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count; i++, x += d, out += d) {
        for (size_t l = 0; l < d; l++)
            out[l] = p->factor[side] * x[l];
        lln_row_exp(out, d, side == LLN_KEYS ? p->top : lln_row_max(out, d), 0);
    }
}

/* max_l factor x_l */
static double largest(const double *x, size_t count, double factor)
{
    double top = -INFINITY;
    for (size_t l = 0; l < count; l++)
        top = fmax(top, factor * x[l]);
    return top;
}

lln_status lln_lln_published_open(const lln_kernel_choice *choice,
                                  const lln_head *head,
                                  lln_attention *attention)
{
    lln_features *f;
    double eps, alpha, beta;
    LLN_TRY(lln_kernel_real(choice, "alpha", &alpha));
    LLN_TRY(lln_kernel_real(choice, "beta", &beta));
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_features_new(choice, head, sizeof(published), &f));
    published *p = f->state;
    p->factor[LLN_QUERIES] = alpha;
    p->factor[LLN_KEYS] = beta;
    double reach = largest(f->q, f->n * f->d, p->factor[LLN_QUERIES]);
    p->top = largest(f->k, f->m * f->d, p->factor[LLN_KEYS]);
    if (!(fabs(reach) < 1e300 && fabs(p->top) < 1e300)) {
        lln_features_free(f);
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': alpha q and beta k reach %g and %g; "
                        "expected less than 1e300",
                        choice->text, reach, p->top);
    }
    f->rank = f->d;
    f->positive = true;
    f->fill = fill_published_features;
    f->divisor = lln_features_sum_plus;
    f->eps = eps;
    return lln_features_open(f, attention);
}
