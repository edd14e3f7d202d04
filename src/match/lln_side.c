/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/lln_side.h"

#include "kernel/table/table.h"

lln_status lln_side_choice(double alpha, double beta, lln_kernel_choice *choice)
{
    LLN_TRY(lln_kernel_parse("lln", choice));
    LLN_TRY(lln_kernel_set(choice, "alpha", alpha));
    return lln_kernel_set(choice, "beta", beta);
}

lln_status lln_side_kernel(const lln_match_problem *problem, double side,
                           lln_kernel_choice *choice)
{
    return lln_side_choice(problem->options->balance * side / problem->sigma_q,
                           side / problem->sigma_k, choice);
}

lln_status lln_side_attention(const lln_head *head, double alpha, double beta,
                              lln_attention *attention)
{
    lln_kernel_choice choice;
    LLN_TRY(lln_side_choice(alpha, beta, &choice));
    return lln_kernel_open(&choice, head, attention);
}
