/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model.h"

#include <string.h>

#include "heads/temperature.h"

static bool speaks(const run_case *c, const char *kernel)
{
    return c->kernel && strcmp(c->kernel->kernel->name, kernel) == 0 &&
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

bool model_lln(const run_case *c, lln_theory_lln_values *out)
{
    double alpha, beta;
    return speaks(c, "lln") &&
           lln_kernel_real(c->kernel, "alpha", &alpha) == LLN_OK &&
           lln_kernel_real(c->kernel, "beta", &beta) == LLN_OK &&
           lln_theory_lln(c->head->q.columns, alpha * c->sigma_q,
                          beta * c->sigma_k, out) == LLN_OK;
}
