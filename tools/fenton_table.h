/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats --fenton: the accuracy of log-normal approximations, in a table. */
#ifndef LLN_TOOLS_FENTON_TABLE_H
#define LLN_TOOLS_FENTON_TABLE_H

/* Writes a row for each value of `s2`, a list as in --tau, for --dim features.
 * Ends the process on bad usage and on failure; returns the exit status for
 * main. */
int fenton_table_write(const char *s2);

/* Names the option of this table if --columns has a name of it in another
 * table. */
void fenton_table_absent(void);

#endif
