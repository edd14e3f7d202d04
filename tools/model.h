/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the Gaussian model says of a case, for the theory columns. */
#ifndef LLN_TOOLS_MODEL_H
#define LLN_TOOLS_MODEL_H

#include "plan.h"
#include "theory/lln_theory.h"
#include "theory/softmax_theory.h"

/* What was last asked of the model of softmax, which the trials of a
 * temperature ask again. Zeroed: nothing yet. Not for several threads at
 * once. */
struct model_cache {
    size_t n, d;
    double sigma;
    bool known; /* the model has an answer */
    lln_theory_softmax_values values;
};

/* Softmax attention of Gaussian heads at the temperature of the case, or (by
 * sigmas) with the deviations of its queries and keys. False, and *out is not
 * to be used, where the model does not speak: a causal mask, another kernel,
 * numbers of queries and keys that differ, no temperature. */
bool model_softmax(const run_case *c, lln_theory_softmax_values *out);
bool model_softmax_by_sigmas(const run_case *c, lln_theory_softmax_values *out);

/* LLN attention with the case's alpha, beta and deviations, many tokens. */
bool model_lln(const run_case *c, lln_theory_lln_values *out);

#endif
