/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/set_temperature.h"

#include <math.h>
#include <stdbool.h>

#include "heads/temperature.h"

/* Returns false if a product exceeds the range of the precision. */
static bool scale_matrix(lln_matrix_output a, double factor)
{
    size_t count = a.rows * a.columns;
    bool finite = true;
    float *f32 = a.data;
    double *f64 = a.data;
    for (size_t i = 0; i < count; i++)
        if (a.precision == LLN_FLOAT32) {
            f32[i] = (float)(factor * f32[i]);
            finite = finite && isfinite(f32[i]);
        } else {
            f64[i] *= factor;
            finite = finite && isfinite(f64[i]);
        }
    return finite;
}

lln_status lln_temperature_set(double tau, const lln_head *head,
                               const lln_matrix_output *to)
{
    double variance;
    lln_status status = lln_temperature_variance(head, &variance);
    if (status == LLN_EUNDEFINED)
        return lln_fail(status, "the temperature is undefined: no query has "
                                "two allowed keys");
    if (status != LLN_OK)
        return status;
    double factor = sqrt(1 / (sqrt(variance) * tau));
    if (!isfinite(factor) || !(factor > 0) ||
        !scale_matrix(to[LLN_QUERIES], factor) ||
        !scale_matrix(to[LLN_KEYS], factor))
        return lln_fail(LLN_EUNDEFINED,
                        "logits with a within-row variance of %g cannot be "
                        "given temperature %g",
                        variance, tau);
    return LLN_OK;
}
