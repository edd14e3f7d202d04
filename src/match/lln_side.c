/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/lln_side.h"

#include "kernel/table/table.h"

lln_status lln_side_set(double alpha, double beta, lln_kernel_choice *choice)
{
    LLN_TRY(lln_kernel_set(choice, "alpha", alpha));
    return lln_kernel_set(choice, "beta", beta);
}

lln_status lln_side_choice(double alpha, double beta, lln_kernel_choice *choice)
{
    LLN_TRY(lln_kernel_parse("lln", choice));
    return lln_side_set(alpha, beta, choice);
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

static double row_entropy(const lln_row *row)
{
    return row->entropy;
}

lln_status lln_side_measure(lln_attention *attention, const size_t *queries,
                            size_t count, lln_row *rows,
                            lln_side_values *values)
{
    size_t n = attention->n;
    double error;
    lln_status status = lln_rows_measure(
        attention, queries, count, LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows);
    lln_attention_close(attention);
    if (status != LLN_OK)
        return status;
    lln_rows_mean(rows, count, n, lln_row_variance, &values->variance, &error);
    lln_rows_mean(rows, count, n, row_entropy, &values->entropy, &error);
    lln_rows_mean(rows, count, n, lln_row_skewness, &values->skewness, &error);
    return LLN_OK;
}
