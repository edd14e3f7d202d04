/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/logits.h"

#include <cblas.h>
#include <math.h>

#include "kernel/row_math.h"

bool lln_logits_fit_float32(const lln_logit_rule *rule, double query,
                            double key)
{
    const double least = 1e-30, most = 1e30;
    double scale = fabs(rule->scale);
    return scale > least && scale < most && query * key > least &&
           query * key < most;
}

void lln_logits_tile(const lln_logit_rule *rule, lln_matrix q, lln_matrix k,
                     size_t stride, void *out)
{
    int rows = (int)q.rows, keys = (int)k.rows, d = (int)q.columns;
    if (q.precision == LLN_FLOAT32)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, keys, d,
                    (float)rule->scale, q.data, d, k.data, d, 0, out,
                    (int)stride);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, keys, d,
                    rule->scale, q.data, d, k.data, d, 0, out, (int)stride);
}

void lln_logits_rows(const lln_logit_rule *rule, const double *q, size_t rows,
                     const double *k, size_t keys, size_t d, size_t stride,
                     double *out)
{
    lln_row_products(rule->scale, q, rows, k, keys, d, stride, out);
}

double lln_logits_one(const lln_logit_rule *rule, const double *q,
                      double factor, const double *k, size_t d)
{
    return rule->scale * factor * lln_row_dot(q, k, d);
}
