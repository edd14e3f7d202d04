/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers as the cells of a table contain them, possibly rounded.
 * Example: the row 0.5,1.234,7 was written with %.4g: lln_rounding has digits 4
 * and place -3. "0.5" therefore agrees with 0.50003 but not with 0.5006. */
#ifndef LLN_TABLE_WRITTEN_H
#define LLN_TABLE_WRITTEN_H

#include <stdbool.h>

/* A number, and the digits it was written with. */
typedef struct {
    double value; /* NaN: missing */
    int digits;   /* significant digits: "0.50" has 2, "0" has 1 */
    int place;    /* power of ten of the last digit: -2 in "0.50" */
    bool whole;   /* written without point and exponent */
} lln_written;

/* Reads a cell. Missing values are the empty cell, nan, NA, N/A, null and None;
 * case, surrounding blanks and the sign of nan are ignored. Returns false if
 * the cell is neither missing nor a number. Infinity is a number. */
bool lln_written_read(const char *cell, lln_written *number);

/* How a row of a table was rounded, according to its numbers that are not
 * whole. A zeroed struct knows nothing. */
typedef struct {
    int digits; /* largest number of significant digits of a cell */
    int place;  /* power of ten of the last digit of all cells */
} lln_rounding;

void lln_rounding_add(lln_rounding *rounding, const lln_written *number);

/* Whether the number is x, rounded as the cells of its row were. %.4g omits
 * trailing zeros: "0.5" beside "1.234" is 0.5000. A number that ends at the
 * last place of its row was rounded there, as by %.6f. So were numbers of three
 * or more digits in a row that was not rounded (10 or more digits). At least
 * two digits are compared, and a relative difference of 1e-6 is always allowed.
 * NaN agrees with nothing. */
bool lln_written_agrees(const lln_written *number, lln_rounding rounding,
                        double x);

#endif
