/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/logit_ranks.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/feature_sums.h"
#include "measure/singular_dense.h"
#include "measure/singular_part.h"
#include "measure/triangular.h"

enum { CHUNK = 512 };

/* Of ||A||_F^2, which rounding may take from the sum of rank90. */
static const double SLACK = 1e-12;

/* Singular values below this times |Q| |K| are rounding. */
static const double NOTHING = 4 * DBL_EPSILON;

/* Scratch and results for matrices of d columns. */
typedef struct {
    size_t d;
    double *x, *work;        /* [CHUNK x d], of triangular.h */
    double *mean;            /* [d] */
    double *q, *k, *qc, *kc; /* triangular factors [d x d], c: centred */
    double *product, *sigma; /* [d x d], [d] */
} workspace;

bool lln_logits_are_products(const lln_head *head)
{
    const lln_logit_bias *bias = head->rule.bias;
    return head->rule.softcap == 0 &&
           (!bias || (!bias->by_distance && !bias->position && !bias->numbers));
}

static lln_status load(const workspace *w, lln_matrix a, size_t first,
                       size_t rows)
{
    lln_matrix_convert(lln_matrix_rows(a, first, rows), LLN_FLOAT64, w->x);
    return lln_threads_check_stop();
}

/* The column means. The second round adds the mean of what is left, so that
 * means of equal rows are exact. */
static lln_status find_mean(const workspace *w, lln_matrix a)
{
    size_t d = w->d;
    double *sum = w->work;
    memset(w->mean, 0, d * sizeof *w->mean);
    for (int round = 0; round < 2; round++) {
        memset(sum, 0, d * sizeof *sum);
        for (size_t first = 0; first < a.rows; first += CHUNK) {
            size_t rows = lln_size_smaller(CHUNK, a.rows - first);
            LLN_TRY(load(w, a, first, rows));
            lln_feature_sums_subtract(w->x, w->mean, rows, d);
            lln_feature_sums_add(w->x, rows, d, sum);
        }
        cblas_daxpy((int)d, 1 / (double)a.rows, sum, 1, w->mean, 1);
    }
    return LLN_OK;
}

/* The triangular factor of a or, with centred, of a minus its column means. */
static lln_status reduce(const workspace *w, lln_matrix a, bool centred,
                         double *triangle)
{
    size_t d = w->d;
    if (centred)
        LLN_TRY(find_mean(w, a));
    for (size_t first = 0; first < a.rows; first += CHUNK) {
        size_t rows = lln_size_smaller(CHUNK, a.rows - first);
        LLN_TRY(load(w, a, first, rows));
        if (centred)
            lln_feature_sums_subtract(w->x, w->mean, rows, d);
        LLN_TRY(lln_triangular_append(triangle, w->x, rows, d, w->work));
    }
    return LLN_OK;
}

/* Ranks of R S', the triangular factors of Q and K, or of both centred. */
static lln_status find_ranks(const workspace *w, const double *r,
                             const double *s, lln_logit_rank *out)
{
    int d = (int)w->d, size = d * d;
    double noise =
        NOTHING * cblas_dnrm2(size, w->q, 1) * cblas_dnrm2(size, w->k, 1);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, d, d, d, 1, r, d, s, d,
                0, w->product, d);
    LLN_TRY(lln_singular_matrix_all(w->product, w->d, w->d, w->sigma));
    if (!(w->sigma[0] > noise))
        return LLN_OK;
    double total = cblas_ddot(d, w->sigma, 1, w->sigma, 1);
    lln_singular_part part = {.total = total, .fraction = 0.9, .slack = SLACK};
    out->stable_rank = total / (w->sigma[0] * w->sigma[0]);
    out->rank90 = (double)lln_singular_part_count(w->sigma, w->d, &part);
    return LLN_OK;
}

static lln_status measure(const lln_head *head, const workspace *w,
                          lln_logit_ranks *out)
{
    LLN_TRY(reduce(w, head->q, false, w->q));
    LLN_TRY(reduce(w, head->k, false, w->k));
    LLN_TRY(reduce(w, head->q, true, w->qc));
    LLN_TRY(reduce(w, head->k, true, w->kc));
    LLN_TRY(find_ranks(w, w->q, w->k, &out->plain));
    LLN_TRY(find_ranks(w, w->q, w->kc, &out->row));
    return find_ranks(w, w->qc, w->kc, &out->both);
}

lln_status lln_logit_ranks_measure(const lln_head *head, lln_logit_ranks *out)
{
    const lln_logit_rank none = {NAN, NAN};
    size_t d = head->q.columns, factor = d * d;
    *out = (lln_logit_ranks){none, none, none};
    if (!head->q.data || !head->k.data || head->q.rows == 0 ||
        head->k.rows == 0 || d == 0 || head->rule.scale == 0 ||
        !lln_logits_are_products(head))
        return LLN_OK;
    size_t work = lln_triangular_work(CHUNK, d);
    double *memory =
        lln_array_alloc(CHUNK * d + work + 2 * d + 5 * factor, sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
    workspace w = {.d = d, .x = memory};
    w.work = w.x + CHUNK * d;
    w.mean = w.work + work;
    w.sigma = w.mean + d;
    w.q = w.sigma + d;
    w.k = w.q + factor;
    w.qc = w.k + factor;
    w.kc = w.qc + factor;
    w.product = w.kc + factor;
    lln_status status = measure(head, &w, out);
    free(memory);
    return status;
}
