/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/fenton_accuracy.h"

#include <math.h>

#include "theory/fenton.h"
#include "theory/line.h"
#include "theory/lln_theory.h"

lln_status lln_theory_fenton_accuracy(size_t d, double s2,
                                      lln_theory_accuracy *out)
{
    lln_theory_lln_values exact;
    double side = sqrt(s2 / 2);
    LLN_TRY(lln_theory_lln(d, side, side, &exact));
    out->exact_mean = exact.sum_mean;
    out->exact_variance = exact.sum_variance;
    out->log_variance_row = exact.log_variance_row;
    out->log_variance = exact.log_variance;
    LLN_TRY(lln_theory_fenton(d, s2, &out->fenton_mean, &out->fenton_variance));
    out->variance_error = out->fenton_variance / out->exact_variance - 1;
    LLN_TRY(
        lln_theory_fenton_row(d, s2 / 2, s2 / 2, &out->fenton_row_variance));
    return lln_theory_paper_variance(s2, &out->paper_line);
}
