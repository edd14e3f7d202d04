/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SOURCE RECORD_TEXT(row_identity, source, "source", COLUMNS_ID, 0)

#define BEFORE_TAU                                                             \
    RECORD_REAL(row_identity, layer, "layer", COLUMNS_ID, 0),                  \
        RECORD_REAL(row_identity, head, "head", COLUMNS_ID, 0),                \
        RECORD_TEXT(row_identity, kernel, "kernel", COLUMNS_ID, 0),            \
        RECORD_INTEGER(row_identity, n, "n", COLUMNS_ID, 0),                   \
        RECORD_INTEGER(row_identity, d, "d", COLUMNS_ID, 0),                   \
        RECORD_INTEGER(row_identity, causal, "causal", COLUMNS_ID, 0),         \
        RECORD_INTEGER(row_identity, samples, "samples", COLUMNS_ID, 0)

#define OTHERS                                                                 \
    BEFORE_TAU,                                                                \
        RECORD_REAL(row_identity, tau, "tau", COLUMNS_ID, PASS_TEMPERATURE)

#define REQUESTED                                                              \
    RECORD_TEXT(row_identity, rule, "rule", NULL, 0),                          \
        RECORD_TEXT(row_identity, config, "config", NULL, 0)

static record_column columns[] = {SOURCE, OTHERS, REQUESTED, {0}};

static record_column columns_with_step[] = {
    SOURCE, RECORD_INTEGER(row_identity, step, "step", COLUMNS_ID, 0),
    OTHERS, REQUESTED,
    {0},
};

static record_column columns_of_training[] = {
    SOURCE,
    RECORD_INTEGER(row_identity, step, "step", COLUMNS_ID, 0),
    BEFORE_TAU,
    {0},
};

record_type row_identity_type = {columns, sizeof(row_identity)};

void row_identity_show_step(void)
{
    row_identity_type.columns = columns_with_step;
}

void row_identity_show_training(void)
{
    row_identity_type.columns = columns_of_training;
}

/* Puts a column in the group of the others. */
static void show(record_column *table, const char *name)
{
    while (strcmp(table->name, name) != 0)
        table++;
    table->group = COLUMNS_ID;
}

void row_identity_show_rule(void)
{
    show(columns, "rule");
    show(columns_with_step, "rule");
}

void row_identity_show_config(void)
{
    show(columns, "config");
    show(columns_with_step, "config");
}

double run_index(long index)
{
    return index < 0 ? NAN : (double)index;
}

void run_place(double layer, double head, char out[RUN_PLACE])
{
    int used = 0;
    *out = '\0';
    if (!isnan(layer))
        used = snprintf(out, RUN_PLACE / 2, "layer %.0f, ", layer);
    if (!isnan(head))
        snprintf(out + used, RUN_PLACE / 2, "head %.0f, ", head);
}

void run_place_tau(double layer, double head, double tau, char out[RUN_PLACE])
{
    run_place(layer, head, out);
    size_t used = strlen(out);
    if (!isnan(tau))
        snprintf(out + used, RUN_PLACE - used, "tau %.6g: ", tau);
    else if (used > 0)
        strcpy(out + used - 2, ": "); /* replaces the comma */
}

lln_status row_identity_fail(const row_identity *identity, lln_status status)
{
    char place[RUN_PLACE], reason[1024];
    if (status == LLN_OK)
        return LLN_OK;
    run_place_tau(identity->layer, identity->head, identity->tau, place);
    snprintf(reason, sizeof reason, "%s", lln_error_message());
    return lln_fail(status, "%s: %s%s", identity->source, place, reason);
}
