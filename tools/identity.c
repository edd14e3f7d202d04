/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const lln_column identity_columns[IDENTITY_COLUMNS] = {
    {"source", LLN_CELL_TEXT},    {"layer", LLN_CELL_REAL},
    {"head", LLN_CELL_REAL},      {"kernel", LLN_CELL_TEXT},
    {"n", LLN_CELL_INTEGER},      {"d", LLN_CELL_INTEGER},
    {"causal", LLN_CELL_INTEGER}, {"samples", LLN_CELL_INTEGER},
    {"tau", LLN_CELL_REAL},
};

void identity_put(const row_identity *identity,
                  lln_cell cells[IDENTITY_COLUMNS])
{
    lln_cell *next = cells;
    (next++)->text = identity->source;
    (next++)->real = identity->layer;
    (next++)->real = identity->head;
    (next++)->text = identity->kernel;
    (next++)->integer = identity->n;
    (next++)->integer = identity->d;
    (next++)->integer = identity->causal;
    (next++)->integer = identity->trials;
    (next++)->real = identity->tau;
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

lln_status row_identity_fail(const row_identity *identity, lln_status status)
{
    char place[RUN_PLACE], tau[32] = "", reason[1024];
    if (status == LLN_OK)
        return LLN_OK;
    run_place(identity->layer, identity->head, place);
    if (!isnan(identity->tau))
        snprintf(tau, sizeof tau, "tau %.6g", identity->tau);
    else if (*place)
        place[strlen(place) - 2] = '\0'; /* the comma */
    snprintf(reason, sizeof reason, "%s", lln_error_message());
    return lln_fail(status, "%s: %s%s%s%s", identity->source, place, tau,
                    *place || *tau ? ": " : "", reason);
}
