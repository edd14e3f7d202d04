/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of lln-entropy --diagnose. */
#ifndef LLN_TOOLS_DIAGNOSIS_TABLE_H
#define LLN_TOOLS_DIAGNOSIS_TABLE_H

/* Measures all heads and writes a row for each with --each, else for all heads
 * of a source or layer. Returns the exit status for main. */
int diagnosis_table_write(void);

#endif
