/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "params.h"

#include <math.h>
#include <stdlib.h>

#include "message.h"
#include "params_explain.h"

params *params_open(const char *path)
{
    params *table = cli_alloc(1, sizeof *table);
    params_table_read(path, table);
    return table;
}

/* Fills bits [data.rows] with the fields in which each row differs from the
 * head. If several files have rows for the head, rows of those whose path is
 * less similar to that of the head also differ in the source. */
static void compare_rows(const params *table, const params_key *key, bool brief,
                         unsigned *bits)
{
    int *likeness = cli_alloc(table->data.rows + 1, sizeof *likeness);
    source_name name = source_name_read(key->source);
    unsigned of_head = params_bit(PARAMS_SOURCE) | params_bit(PARAMS_ENTRY) |
                       params_bit(PARAMS_STEP) | params_bit(PARAMS_LAYER) |
                       params_bit(PARAMS_HEAD);
    int most = 0;
    for (size_t i = 0; i < table->data.rows; i++) {
        bits[i] = params_differences(table, i, key, &name, brief, &likeness[i]);
        if (!(bits[i] & of_head) && likeness[i] > most)
            most = likeness[i];
    }
    for (size_t i = 0; i < table->data.rows; i++)
        if (!(bits[i] & of_head) && likeness[i] < most)
            bits[i] |= params_bit(PARAMS_SOURCE);
    source_name_free(&name);
    free(likeness);
}

/* Of the rows whose temperature agrees with that of the head, keeps the
 * nearest. */
static void keep_nearest(const params *table, const params_key *key,
                         unsigned *bits)
{
    double tau = key->number[PARAMS_TAU], least = INFINITY;
    for (size_t i = 0; i < table->data.rows; i++) {
        double distance = fabs(table->rows[i].number[PARAMS_TAU].value - tau);
        if (bits[i] == 0 && distance < least)
            least = distance;
    }
    for (size_t i = 0; i < table->data.rows; i++)
        if (fabs(table->rows[i].number[PARAMS_TAU].value - tau) > least)
            bits[i] |= params_bit(PARAMS_TAU);
}

/* Of several solutions for the head, keeps the first. */
static void keep_first(const params_table *table, unsigned *bits)
{
    double least = INFINITY;
    for (size_t i = 0; i < table->data.rows; i++)
        if (bits[i] == 0)
            least = fmin(least, table->rows[i].solution);
    for (size_t i = 0; i < table->data.rows; i++)
        if (table->rows[i].solution > least)
            bits[i] |= params_bit(PARAMS_TAU);
}

lln_status params_find(const params *table, const params_key *key,
                       double *alpha, double *beta)
{
    const params_row *found = NULL;
    size_t count = 0;
    unsigned *bits = cli_alloc(table->data.rows + 1, sizeof *bits);
    compare_rows(table, key, true, bits);
    keep_nearest(table, key, bits);
    keep_first(table, bits);
    for (size_t i = 0; i < table->data.rows; i++)
        if (bits[i] == 0) {
            found = &table->rows[i];
            count++;
        }
    lln_status status = LLN_OK;
    if (count > 1)
        status = params_fail_several(table, key, bits);
    if (count == 0) {
        compare_rows(table, key, false, bits);
        status = params_fail_none(table, key, bits);
    }
    free(bits);
    if (status != LLN_OK)
        return status;
    *alpha = found->alpha;
    *beta = found->beta;
    return LLN_OK;
}

void params_close(params *table)
{
    if (!table)
        return;
    params_table_free(table);
    free(table);
}
