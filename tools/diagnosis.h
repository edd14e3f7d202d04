/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of lln-entropy --diagnose. */
#ifndef LLN_TOOLS_DIAGNOSIS_H
#define LLN_TOOLS_DIAGNOSIS_H

/* Writes one row for all heads of a source or, with --each, one for each head.
 * Ends the process on bad usage and on failure; returns the exit status for
 * main. */
int diagnosis_write(void);

#endif
