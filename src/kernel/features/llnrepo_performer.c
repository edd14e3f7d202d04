/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The attention called Performer in the code published with LLN attention. It
 * has no random features and is always causal. With c = sqrt(scale),
 *     phi(q) = exp(c (q - max_l q_l)) + eps, or softmax(c q),
 *     phi(k) = exp(c (k - max_jl k_jl)) + eps,
 *     z_i = phi(q_i).(sum_j phi(k_j) + eps). */
#include <math.h>

#include "kernel/features/features.h"
#include "kernel/row_math.h"

static const char *const FORMS[] = {"exp", "softmax", NULL};

typedef struct {
    double factor[2];
    double top; /* maximum over keys of factor k_jl */
    bool softmax;
} performer;

static void fill_llnrepo_features(const lln_features *f, lln_role side,
                                  size_t first, size_t count, double *out)
{
    const performer *p = f->state;
    size_t d = f->d;
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count; i++, x += d, out += d) {
        for (size_t l = 0; l < d; l++)
            out[l] = p->factor[side] * x[l];
        if (side == LLN_KEYS)
            lln_row_exp(out, d, p->top, f->eps);
        else if (p->softmax)
            lln_row_softmax(out, d);
        else
            lln_row_exp(out, d, lln_row_max(out, d), f->eps);
    }
}

/* eps is added to every feature of the sum over keys. */
static double divisor(const lln_features *f, size_t i, double sum)
{
    const performer *p = f->state;
    const double *q = f->q + i * f->d;
    double largest = -INFINITY, added = 0;
    for (size_t l = 0; l < f->d; l++)
        largest = fmax(largest, p->factor[LLN_QUERIES] * q[l]);
    for (size_t l = 0; l < f->d; l++)
        added += exp(p->factor[LLN_QUERIES] * q[l] - largest) + f->eps;
    return sum + f->eps * (p->softmax ? 1 : added);
}

static lln_status performer_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    double eps;
    size_t form;
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_kernel_word(choice, "form", &form));
    LLN_TRY(lln_features_new(choice, head, sizeof(performer), &f));
    performer *p = f->state;
    lln_features_roots(f, p->factor);
    p->softmax = form == 1;
    p->top = -INFINITY;
    for (size_t l = 0; l < f->m * f->d; l++)
        p->top = fmax(p->top, p->factor[LLN_KEYS] * f->k[l]);
    f->rank = f->d;
    f->fill = fill_llnrepo_features;
    f->divisor = divisor;
    f->eps = eps;
    return lln_features_open(f, attention);
}

const lln_kernel lln_kernel_llnrepo_performer = {
    .name = "llnrepo-performer",
    .summary = "features exp(sqrt(scale) x) + eps; not the Performer",
    .reference = "Nahshan, Kampeas, Haleva 2024, their code",
    .rank = "d",
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .parameters = {{"form", "features of queries: exp or softmax", "exp",
                    .words = FORMS},
                   {"eps", "added to features and sums", "1e-8", {0, 1}}},
    .open = performer_open,
};
