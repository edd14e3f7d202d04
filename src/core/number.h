/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers in text, and the ranges in which they are allowed. */
#ifndef LLN_CORE_NUMBER_H
#define LLN_CORE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers from low to high; either may be infinite. */
typedef struct {
    double low, high;
    bool whole;    /* whole numbers only; |low|, |high| <= 2^53 */
    bool excluded; /* low and high are excluded */
} lln_range;

/* Classes of text. */
typedef enum {
    LLN_NUMBER,         /* a number in the range */
    LLN_NUMBER_OUTSIDE, /* a number outside the range */
    LLN_NUMBER_NONE /* not a number, or not a whole number where one is required
                     */
} lln_number;

/* Reads a text that consists of one finite decimal number, without spaces.
 * Whole numbers must have only digits. *value is written only for
 * LLN_NUMBER. */
lln_number lln_number_read(const char *text, const lln_range *range,
                           double *value);

/* Reads exactly a whole number from 0 to 2^64 - 1 that has only digits. *value
 * is written only for LLN_NUMBER. */
lln_number lln_number_read_whole(const char *text, uint64_t *value);

/* Reads all digits at *text as a number below `limit` and advances *text to
 * their end. Leading zeros are ignored. Returns false if there are no digits or
 * the number is too large. */
bool lln_number_read_digits(const char **text, long limit, long *number);

/* The range of all finite numbers. */
extern const lln_range lln_any_number;

/* Describes the range in text [size]: "a whole number from 1 to 64", "a number
 * above 0", "a number from 0 to 1, both excluded". */
void lln_range_text(const lln_range *range, char *text, size_t size);

#endif
