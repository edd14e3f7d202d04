/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of lln-entropy made of rows of P: --per-row, and the means of the
 * same columns with --by-position and --at-lengths. */
#ifndef LLN_TOOLS_QUERY_ROWS_H
#define LLN_TOOLS_QUERY_ROWS_H

/* Chooses the columns that options ask for. Call it once, after coverage_read
 * and where_read. */
void query_rows_choose(void);

/* They measure all heads and write the table; return the exit status for
 * main. */
int query_rows_write(void);
int query_rows_write_by_position(void);
int query_rows_write_at_lengths(void);

#endif
