/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/logits.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/row_math.h"

/* Keys whose bias is found at a time. */
enum { PART = 512 };

bool lln_logits_fit_float32(const lln_logit_rule *rule, double query,
                            double key)
{
    const double least = 1e-30, most = 1e30;
    double scale = fabs(rule->scale);
    return scale > least && scale < most && query * key > least &&
           query * key < most;
}

/* The bias of row i of the place for `count` keys from its key `at` on. */
static void find_bias(const lln_logit_rule *rule, const lln_logit_place *place,
                      size_t i, size_t at, size_t count, double *bias)
{
    size_t query = place->queries ? place->queries[i] : place->query + i;
    memset(bias, 0, count * sizeof *bias);
    lln_logit_bias_add(rule->bias, query,
                       lln_mask_position(rule->mask, place->n, place->m, query),
                       place->key + at, count, bias);
}

#define LLN_BODY "kernel/logits.inc"
#include "core/both_precisions.h"

void lln_logits_tile(const lln_logit_rule *rule, const lln_logit_place *place,
                     lln_matrix q, lln_matrix k, size_t stride, void *out)
{
    int rows = (int)q.rows, keys = (int)k.rows, d = (int)q.columns;
    if (q.precision == LLN_FLOAT32) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, keys, d,
                    (float)rule->scale, q.data, d, k.data, d, 0, out,
                    (int)stride);
        apply_f32(rule, place, q.rows, k.rows, stride, out);
    } else {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, keys, d,
                    rule->scale, q.data, d, k.data, d, 0, out, (int)stride);
        apply_f64(rule, place, q.rows, k.rows, stride, out);
    }
}

void lln_logits_rows(const lln_logit_rule *rule, const lln_logit_place *place,
                     const double *q, size_t rows, const double *k, size_t keys,
                     size_t d, size_t stride, double *out)
{
    lln_row_products(rule->scale, q, rows, k, keys, d, stride, out);
    apply_f64(rule, place, rows, keys, stride, out);
}

double lln_logits_one(const lln_logit_rule *rule, const lln_logit_place *place,
                      const double *q, double factor, const double *k, size_t d)
{
    double logit = rule->scale * factor * lln_row_dot(q, k, d);
    apply_f64(rule, place, 1, 1, 1, &logit);
    return logit;
}

double lln_logits_outside(const lln_logit_rule *rule, double log_norm)
{
    return rule->has_sink ? 1 / (1 + exp(log_norm - rule->sink)) : 0;
}
