/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/written.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/number.h"

enum {
    LONGEST = 64, /* bytes of a number */
    FEWEST = 2,   /* fewest digits that are compared */
    CLEAR = 3,    /* digits of a cell that was rounded by itself */
    ROUNDED = 9   /* largest number of digits of a rounded row */
};

static const char *const missing[] = {"",     "nan", "-nan", "+nan",
                                      "na",   "n/a", "#n/a", "<na>",
                                      "null", "nil", "none"};
static const char *const infinite[] = {"inf",      "+inf",      "-inf",
                                       "infinity", "+infinity", "-infinity"};

static bool is_among(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Copies the cell without surrounding blanks; false: too long for a number. */
static bool trim(const char *cell, char text[LONGEST])
{
    while (isspace((unsigned char)*cell))
        cell++;
    size_t length = strlen(cell);
    while (length > 0 && isspace((unsigned char)cell[length - 1]))
        length--;
    if (length >= LONGEST)
        return false;
    memcpy(text, cell, length);
    text[length] = '\0';
    return true;
}

/* Counts the digits of a number. */
static void count_digits(const char *text, lln_written *number)
{
    int places = 0, zeros = 0;
    bool point = false;
    for (; *text && *text != 'e' && *text != 'E'; text++) {
        point = point || *text == '.';
        if (!isdigit((unsigned char)*text))
            continue;
        places += point;
        zeros += number->digits == 0 && *text == '0';
        number->digits += number->digits > 0 || *text != '0';
    }
    if (number->digits == 0) /* 0.00 */
        number->digits = zeros < 1 ? 1 : zeros;
    number->whole = !point && *text == '\0';
    number->place = -places;
    if (*text)
        number->place += (int)strtol(text + 1, NULL, 10);
}

bool lln_written_read(const char *cell, lln_written *number)
{
    char text[LONGEST];
    *number = (lln_written){.value = NAN};
    if (!trim(cell, text))
        return false;
    if (is_among(text, missing, sizeof missing / sizeof *missing))
        return true;
    if (is_among(text, infinite, sizeof infinite / sizeof *infinite)) {
        number->value = *text == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (lln_number_read(text, &lln_any_number, &number->value) != LLN_NUMBER)
        return false;
    count_digits(text, number);
    return true;
}

void lln_rounding_add(lln_rounding *rounding, const lln_written *number)
{
    if (!isfinite(number->value) || number->whole)
        return;
    if (number->digits > rounding->digits)
        rounding->digits = number->digits;
    if (number->place < rounding->place)
        rounding->place = number->place;
}

bool lln_written_agrees(const lln_written *number, lln_rounding rounding,
                        double x)
{
    double difference = fabs(number->value - x);
    int digits = number->digits;
    if (difference <= 1e-6 * fabs(x))
        return true;
    if (number->whole && difference > 0.6) /* avoids pow for most numbers */
        return false;
    bool own = digits >= rounding.digits ||
               (!number->whole && number->place <= rounding.place) ||
               (digits >= CLEAR && rounding.digits > ROUNDED);
    if (!own)
        digits = rounding.digits;
    if (digits < FEWEST)
        digits = FEWEST;
    double unit = pow(10, number->place + number->digits - digits);
    return difference <= unit * (0.5 + 1e-6);
}
