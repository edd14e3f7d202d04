/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scores (1 + s)^2, or (q.k)^2. */
#include "kernel/features/polynomial.h"

static const char *const FORMS[] = {"shifted", "plain", NULL};

static lln_status quadratic_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    lln_polynomial shifted = {1, 2, 1, head->rule};
    lln_polynomial plain = {0, 0, 1, {.scale = 1}};
    size_t form;
    LLN_TRY(lln_kernel_word(choice, "form", &form));
    return lln_polynomial_open(choice, head, form == 0 ? &shifted : &plain,
                               attention);
}

const lln_kernel lln_kernel_quadratic = {
    .name = "quadratic",
    .summary = "(1 + scale q.k)^2, or (q.k)^2",
    .reference = "Katharopoulos, Vyas, Pappas, Fleuret 2020",
    .rank = "(d + 1)(d + 2)/2",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .parameters = {{"form", "shifted: (1 + s)^2; plain: (q.k)^2", "shifted",
                    .words = FORMS},
                   {"eps", "added to the sum of a row", "1e-6", {0, 1}}},
    .open = quadratic_open,
};
