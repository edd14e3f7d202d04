/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The predictions of the Gaussian model for a case, for the theory columns. */
#ifndef LLN_TOOLS_MODEL_H
#define LLN_TOOLS_MODEL_H

#include "plan.h"
#include "theory/fenton_attention.h"
#include "theory/lln_theory.h"
#include "theory/softmax_theory.h"

/* The last prediction for softmax, which the trials of a temperature need
 * again. Zeroed: none yet. Not to be shared by threads. */
struct model_cache {
    size_t n, d;
    double sigma;
    bool known; /* the model has a prediction */
    lln_theory_softmax_values values;
};

/* The prediction for softmax attention of Gaussian heads: at the temperature of
 * the case, or (by_sigmas) for the standard deviations of its queries and keys.
 * False: the model makes no prediction, and *out must not be used. This is so
 * with a mask, with another kernel, if the numbers of queries and keys differ,
 * and without a temperature. */
bool model_softmax(const run_case *c, lln_theory_softmax_values *out);
bool model_softmax_by_sigmas(const run_case *c, lln_theory_softmax_values *out);

/* The prediction for LLN attention with alpha, beta and the standard deviations
 * of the case, for many tokens. */
bool model_lln(const run_case *c, lln_theory_lln_values *out);

/* Fenton's approximation of the same: of a sum, and of a row with its
 * normaliser. */
bool model_fenton(const run_case *c, lln_theory_fenton_values *sum,
                  lln_theory_fenton_values *row);

#endif
