/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-match --calibrate: straight lines for the log-variance, in a table. */
#ifndef LLN_TOOLS_CALIBRATION_TABLE_H
#define LLN_TOOLS_CALIBRATION_TABLE_H

/* Writes the line for --dim features and this balance over the range low to
 * high of D2; low NaN: a row for each of three ranges. Ends the process on bad
 * usage and on failure; returns the exit status for main. */
int calibration_table_write(double balance, double low, double high);

#endif
