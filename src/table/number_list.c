/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/number_list.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "table/series.h"

static lln_status read_positive(const char *text, double *value)
{
    static const lln_range positive = {0, INFINITY, .excluded = true};
    lln_number read = lln_number_read(text, &positive, value);
    if (read == LLN_NUMBER)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "'%s' is %s; expected a number above 0, a list 0.5,1,2 or "
                    "lo:hi:count[:log]",
                    text,
                    read == LLN_NUMBER_NONE ? "not a number" : "out of range");
}

static lln_status add_number(lln_number_list *list, double value)
{
    if (list->count == LLN_NUMBER_LIST)
        return lln_fail(LLN_EINVAL, "more than %d numbers", LLN_NUMBER_LIST);
    double *values = lln_array_grow(list->values, list->count, sizeof *values);
    if (!values)
        return LLN_ENOMEM;
    list->values = values;
    list->values[list->count++] = value;
    return LLN_OK;
}

/* Cuts lo:hi:count[:log] into its parts; false: it has fewer or others. */
static bool split_range(char *copy, char *part[3], bool *log)
{
    char *rest = copy;
    for (int i = 0; i < 3; i++)
        part[i] = strsep(&rest, ":");
    *log = rest != NULL;
    return part[2] && (!rest || strcmp(rest, "log") == 0);
}

/* Adds the numbers of a range; `copy` is cut into its parts. */
static lln_status add_range(const char *text, char *copy, lln_number_list *list)
{
    static const lln_range counts = {2, LLN_NUMBER_LIST, .whole = true};
    char *part[3];
    bool log;
    double low = NAN, high = NAN, count = NAN;
    if (!split_range(copy, part, &log))
        return lln_fail(LLN_EINVAL, "expected lo:hi:count[:log], found '%s'",
                        text);
    LLN_TRY(read_positive(part[0], &low));
    LLN_TRY(read_positive(part[1], &high));
    if (lln_number_read(part[2], &counts, &count) != LLN_NUMBER)
        return lln_fail(LLN_EINVAL,
                        "count '%s' is not a whole number from 2 to %d",
                        part[2], LLN_NUMBER_LIST);
    for (size_t i = 0; i < (size_t)count; i++)
        LLN_TRY(add_number(list,
                           lln_series_value(low, high, (size_t)count, log, i)));
    return LLN_OK;
}

static lln_status add_item(const char *item, lln_number_list *list)
{
    double value = NAN;
    if (!strchr(item, ':')) {
        LLN_TRY(read_positive(item, &value));
        return add_number(list, value);
    }
    char *copy = strdup(item);
    lln_status status = copy ? add_range(item, copy, list)
                             : lln_fail(LLN_ENOMEM, "out of memory");
    free(copy);
    return status;
}

lln_status lln_number_list_read(const char *text, lln_number_list *list)
{
    char *copy = strdup(text), *rest = copy, *item;
    lln_status status = copy ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
    *list = (lln_number_list){0};
    while (status == LLN_OK && (item = strsep(&rest, ",")))
        status = add_item(item, list);
    free(copy);
    if (status == LLN_OK)
        return LLN_OK;
    free(list->values);
    *list = (lln_number_list){0};
    return status;
}
