/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const lln_range lln_any_number = {-INFINITY, INFINITY, false, false};

/* strtod alone would accept spaces, hexadecimal, nan and infinity, and would
 * expect the decimal point of the program's locale. For "C", newlocale returns
 * an object that exists already. */
static bool read_decimal(const char *text, double *value)
{
    char *end;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    *value = strtod_l(text, &end, c);
    return *end == '\0';
}

/* Digits, optionally after a minus: a negative number is outside the range, but
 * it is a whole number. */
static bool is_whole(const char *text)
{
    text += *text == '-';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

lln_number lln_number_read(const char *text, const lln_range *range,
                           double *value)
{
    double number;
    if (!read_decimal(text, &number))
        return LLN_NUMBER_NONE;
    if (range->whole ? !is_whole(text) : !isfinite(number))
        return LLN_NUMBER_NONE;
    bool inside = range->excluded
                      ? number > range->low && number < range->high
                      : number >= range->low && number <= range->high;
    if (!inside)
        return LLN_NUMBER_OUTSIDE;
    *value = number;
    return LLN_NUMBER;
}

lln_number lln_number_read_whole(const char *text, uint64_t *value)
{
    static const lln_range range = {0, INFINITY, .whole = true};
    double rounded;
    lln_number read = lln_number_read(text, &range, &rounded);
    if (read != LLN_NUMBER)
        return read;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno == ERANGE || number > UINT64_MAX)
        return LLN_NUMBER_OUTSIDE;
    *value = number;
    return LLN_NUMBER;
}

bool lln_number_read_digits(const char **text, long limit, long *number)
{
    const char *first = *text;
    for (*number = 0; **text >= '0' && **text <= '9'; ++*text) {
        long digit = **text - '0';
        if (digit >= limit || *number > (limit - 1 - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return *text > first;
}

void lln_range_text(const lln_range *range, char *text, size_t size)
{
    double low = range->low, high = range->high;
    const char *kind = range->whole ? "a whole number" : "a number";
    const char *excluded = range->excluded ? ", both excluded" : "";
    if (isfinite(low) && isfinite(high))
        snprintf(text, size, "%s from %.15g to %.15g%s", kind, low, high,
                 excluded);
    else if (isfinite(low))
        snprintf(text, size, "%s %s %.15g", kind,
                 range->excluded ? "above" : "of at least", low);
    else if (isfinite(high))
        snprintf(text, size, "%s %s %.15g", kind,
                 range->excluded ? "below" : "of at most", high);
    else
        snprintf(text, size, "a finite number");
}
