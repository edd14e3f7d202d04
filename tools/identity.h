/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The identity of a row: the columns source .. tau, and the place in
 * messages. */
#ifndef LLN_TOOLS_IDENTITY_H
#define LLN_TOOLS_IDENTITY_H

#include "columns.h"
#include "core/status.h"
#include "rule_texts.h"

/* The values of the columns source .. tau. NaN, NULL and LLN_CELL_NONE:
 * missing. */
typedef struct {
    const char *source, *file; /* with and without the batch entry */
    long step;
    double layer, head, key_head;
    const char *kernel;
    long n, d, causal, samples;
    double tau;
    const rule_texts *rules; /* that heads have in common */
    const char *rule;        /* of the kernel */
    const char *config;      /* what --config gave */
} row_identity;

/* The columns of an identity, the group `id` of each table of heads. They
 * include `step` after a call of row_identity_show_step. */
extern record_type row_identity_type;
void row_identity_show_step(void);

/* The same without `rule` and `config`, for rows that are about no files, and
 * without `tau`, which such a table has as a column with a standard error. */
void row_identity_show_training(void);

/* Prints `rule` or `config`, which are in the table on request, by default. */
void row_identity_show_rule(void);
void row_identity_show_config(void);

/* Prefixes the message of a failure with the place, such as "gaussian: head 3,
 * tau 0.5: ", and returns its status; LLN_OK is legal. */
LLN_NODISCARD lln_status row_identity_fail(const row_identity *identity,
                                           lln_status status);

/* A layer or head number for a table: NaN for -1, which means none. */
double run_index(long index);

/* Writes "layer 2, head 3, " for a message; a NaN is left out. Numbers of a
 * table are below 1e30. */
enum { RUN_PLACE = 96 };
void run_place(double layer, double head, char out[RUN_PLACE]);

/* Writes "layer 2, head 3, tau 0.5: ", or nothing if all are NaN. */
void run_place_tau(double layer, double head, double tau, char out[RUN_PLACE]);

#endif
