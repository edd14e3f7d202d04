/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of lln-stats --normality. */
#ifndef LLN_TOOLS_NORMALITY_TABLE_H
#define LLN_TOOLS_NORMALITY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Measures all heads and writes the table: two rows for each head or, with
 * `per_feature`, for each of its features. Every step-th token is tested; 0:
 * the step follows from the autocorrelation of the tokens. Returns the exit
 * status for main. */
int normality_table_write(size_t step, bool per_feature);

/* Names the option of this table if --columns has a name of it in another
 * table. */
void normality_table_absent(void);

#endif
