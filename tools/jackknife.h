/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The option --jackknife of lln-entropy and lln-stats: its conflicts and its
 * columns. */
#ifndef LLN_TOOLS_JACKKNIFE_H
#define LLN_TOOLS_JACKKNIFE_H

#include "cli.h"
#include "measure/jackknife.h"
#include "plan.h"
#include "selection.h"

/* The number of groups; set by the option. */
extern size_t jackknife_groups;

/* The row of the option in the table of a tool. */
#define JACKKNIFE_OPTION                                                       \
    {                                                                          \
        "jackknife", 0, CLI_MAYBE_COUNT, "G",                                  \
            "print standard errors for each head: leave out each of G groups " \
            "of consecutive tokens (20)",                                      \
            &jackknife_groups, 2, LLN_JACKKNIFE_MOST, false                    \
    }

/* Columns that are printed by default with the option; they have no spread. */
typedef struct {
    double groups, n_var;
} jackknife_record;

#define JACKKNIFE_GROUP "jackknife"
#define JACKKNIFE_COLUMN(record, field, name, pass)                            \
    {                                                                          \
        name, LLN_CELL_REAL, offsetof(record, field), JACKKNIFE_GROUP, pass,   \
            true, false                                                        \
    }
#define JACKKNIFE_COLUMNS(record, field, rows_pass, tokens_pass)               \
    JACKKNIFE_COLUMN(record, field.groups, "jackknife_groups", rows_pass),     \
        JACKKNIFE_COLUMN(record, field.n_var, "n_var", tokens_pass)

/* Whether the option was given. */
bool jackknife_asked(void);

/* Ends the process if the option cannot be used with another that was given. */
void jackknife_check(void);

/* Whether entries of the kernel stay the same, up to the sums of rows, if other
 * tokens are left out. */
bool jackknife_has_pairs(const lln_kernel_choice *choice);

/* Ends the process if a kernel of the list has other entries where tokens are
 * left out. */
void jackknife_check_kernels(const kernel_list *kernels);

/* Puts the columns of the option among the default ones if it was given. */
void jackknife_show(record_column *columns);

/* Warns why a value has no error although it is defined, if the stored message
 * of the status says it. */
void jackknife_warn(const run_case *c, lln_status status, double value,
                    double error);

/* The smaller of the effective numbers of tokens of queries and keys; NaN: one
 * of them is constant or has one token. */
LLN_NODISCARD lln_status jackknife_n_var(const lln_head *head, double *n_var);

/* The standard errors of sigma_q and sigma_k. */
LLN_NODISCARD lln_status jackknife_sigmas(const lln_head *head, double *sigma_q,
                                          double *sigma_k);

#endif
