/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers that users write, and the ranges in which they are allowed. */
#ifndef LLN_CORE_NUMBER_H
#define LLN_CORE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers from low to high; both may be infinite. */
typedef struct {
    double low, high;
    bool whole;    /* whole numbers alone; |low|, |high| <= 2^53 */
    bool excluded; /* low and high are not in the range */
} lln_range;

/* What a text is. */
typedef enum {
    LLN_NUMBER,         /* a number in the range */
    LLN_NUMBER_OUTSIDE, /* one outside it */
    LLN_NUMBER_NONE     /* not a number, or not a whole one where it must be */
} lln_number;

/* Reads a text that is a number and nothing else: decimal and finite, without
 * spaces; a whole number in digits alone. *value is written only with
 * LLN_NUMBER. */
lln_number lln_number_read(const char *text, const lln_range *range,
                           double *value);

/* Reads digits alone, which are a whole number from 0 to 2^64 - 1, exactly.
 * *value is written only with LLN_NUMBER. */
lln_number lln_number_read_whole(const char *text, uint64_t *value);

/* The range of all finite numbers. */
extern const lln_range lln_any_number;

/* Writes what is expected to text [size]: "a whole number from 1 to 64", "a
 * number above 0", "a number from 0 to 1, both excluded". */
void lln_range_text(const lln_range *range, char *text, size_t size);

#endif
