/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/fenton_attention.h"

#include <math.h>

#include "theory/fenton.h"

static lln_theory_fenton_values of_variance(size_t keys, double variance)
{
    return (lln_theory_fenton_values){-log((double)keys) - variance / 2,
                                      variance};
}

lln_status lln_theory_fenton_attention(size_t d, size_t keys, double a2,
                                       double b2, lln_theory_fenton_values *sum,
                                       lln_theory_fenton_values *row)
{
    double of_sum, of_row;
    if (keys == 0)
        return lln_fail(LLN_EINVAL, "0 keys: expected at least 1");
    LLN_TRY(lln_theory_fenton_row(d, a2, b2, &of_row));
    LLN_TRY(lln_theory_fenton(d, a2 + b2, NULL, &of_sum));
    *sum = of_variance(keys, of_sum);
    *row = of_variance(keys, of_row);
    return LLN_OK;
}

lln_theory_fenton_values
lln_theory_fenton_error(const lln_theory_fenton_values *approximation,
                        double log_mean, double log_variance)
{
    double ratio = approximation->log_variance / log_variance;
    return (lln_theory_fenton_values){approximation->log_mean - log_mean,
                                      log_variance > 0 ? ratio - 1 : NAN};
}
