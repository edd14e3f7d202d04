/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model.h"

#include <string.h>

#include "heads/temperature.h"

static bool speaks(const run_case *c, const char *kernel)
{
    return c->kernel && strcmp(c->kernel->kernel->name, kernel) == 0 &&
           !lln_mask_hides(c->head->mask) && c->head->q.rows == c->head->k.rows;
}

/* The trials of a temperature ask the same question. */
static bool softmax_at(const run_case *c, double sigma,
                       lln_theory_softmax_values *out)
{
    static _Thread_local size_t last_n, last_d;
    static _Thread_local double last_sigma;
    static _Thread_local bool last_known;
    static _Thread_local lln_theory_softmax_values last;
    size_t n = c->head->q.rows, d = c->head->q.columns;
    if (n != last_n || d != last_d || sigma != last_sigma) {
        last_known = lln_theory_softmax(n, d, sigma, &last) == LLN_OK;
        last_n = n;
        last_d = d;
        last_sigma = sigma;
    }
    *out = last;
    return last_known;
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
    return speaks(c, "lln") &&
           lln_theory_lln(c->head->q.columns,
                          lln_kernel_number(c->kernel, "alpha") * c->sigma_q,
                          lln_kernel_number(c->kernel, "beta") * c->sigma_k,
                          out) == LLN_OK;
}
