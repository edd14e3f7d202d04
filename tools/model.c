/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model.h"

#include <string.h>

#include "heads/temperature.h"

static bool speaks(const run_case *c, const char *kernel)
{
    return c->kernel && strcmp(c->kernel->kernel->name, kernel) == 0 &&
           !lln_kernel_given(c->kernel, "sink") &&
           lln_rule_is_plain(&c->head->rule) &&
           c->head->q.rows == c->head->k.rows;
}

static bool softmax_at(const run_case *c, double sigma,
                       lln_theory_softmax_values *out)
{
    model_cache *last = c->cache;
    size_t n = c->head->q.rows, d = c->head->q.columns;
    if (n != last->n || d != last->d || sigma != last->sigma) {
        *last = (model_cache){.n = n, .d = d, .sigma = sigma};
        last->known = lln_theory_softmax(n, d, sigma, &last->values) == LLN_OK;
    }
    *out = last->values;
    return last->known;
}

bool model_softmax(const run_case *c, lln_theory_softmax_values *out)
{
    return speaks(c, "softmax") && c->tau > 0 && softmax_at(c, 1 / c->tau, out);
}

bool model_softmax_by_sigmas(const run_case *c, lln_theory_softmax_values *out)
{
    return speaks(c, "softmax") &&
           softmax_at(
               c, lln_temperature_deviation(c->head, c->sigma_q, c->sigma_k),
               out);
}

/* Finds alpha sigma_q and beta sigma_k of LLN attention. */
static bool find_sides(const run_case *c, double *a, double *b)
{
    double alpha, beta;
    if (!speaks(c, "lln") ||
        lln_kernel_real(c->kernel, "alpha", &alpha) != LLN_OK ||
        lln_kernel_real(c->kernel, "beta", &beta) != LLN_OK)
        return false;
    *a = alpha * c->sigma_q;
    *b = beta * c->sigma_k;
    return true;
}

bool model_lln(const run_case *c, lln_theory_lln_values *out)
{
    double a, b;
    return find_sides(c, &a, &b) &&
           lln_theory_lln(c->head->q.columns, a, b, out) == LLN_OK;
}

bool model_fenton(const run_case *c, lln_theory_fenton_values *sum,
                  lln_theory_fenton_values *row)
{
    double a, b;
    return find_sides(c, &a, &b) &&
           lln_theory_fenton_attention(c->head->q.columns, c->head->k.rows,
                                       a * a, b * b, sum, row) == LLN_OK;
}
