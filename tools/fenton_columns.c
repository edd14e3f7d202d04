/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fenton_columns.h"

#include "model.h"

/* The row formula is one of D2, the other one of D1. */
void fenton_columns_fill(const run_case *c, fenton_known measured,
                         fenton_known theory, fenton_columns *out)
{
    lln_theory_fenton_values *sum = &out->sum.values, *row = &out->row.values;
    if (!model_fenton(c, sum, row))
        return;
    out->sum.error =
        lln_theory_fenton_error(sum, measured.log_mean, measured.log_variance);
    out->sum.theory_error =
        lln_theory_fenton_error(sum, theory.log_mean, theory.log_variance);
    out->row.error = lln_theory_fenton_error(row, measured.log_mean,
                                             measured.log_variance_row);
    out->row.theory_error =
        lln_theory_fenton_error(row, theory.log_mean, theory.log_variance_row);
}
