/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers as cells of a table have them, which may have been rounded. */
#ifndef LLN_TABLE_WRITTEN_H
#define LLN_TABLE_WRITTEN_H

#include <stdbool.h>

/* A number, and how many digits of it were written. */
typedef struct {
    double value; /* NaN: missing */
    int digits;   /* significant ones, "0.50" has 2; "0" has 1 */
    int place;    /* of the last one, as a power of ten: -2 in "0.50" */
    bool whole;   /* neither a point nor an exponent */
} lln_written;

/* Reads a cell. Missing is the empty cell, nan, NA, N/A, null and None; case,
 * blanks around it and the sign of nan do not matter. False: it is neither
 * missing nor a number; infinity is one. */
bool lln_written_read(const char *cell, lln_written *number);

/* How a row of a table was rounded: from the cells of numbers that are not
 * whole. Zeroed: nothing is known. */
typedef struct {
    int digits; /* the most significant digits of one */
    int place;  /* the last one of all, as a power of ten */
} lln_rounding;

void lln_rounding_add(lln_rounding *rounding, const lln_written *number);

/* Whether the number is x, rounded as the cells of its row were. What %.4g
 * writes lacks zeros at the end: "0.5" beside "1.234" is 0.5000. What ends at
 * the last place of the row, as %.6f writes it, was rounded there; so were
 * numbers of three digits and more in a row that was not rounded, 10 digits and
 * more. At least two digits count, and 1e-6 relative is always allowed. NaN
 * agrees with nothing. */
bool lln_written_agrees(const lln_written *number, lln_rounding rounding,
                        double x);

#endif
