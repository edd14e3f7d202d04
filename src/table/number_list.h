/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of positive numbers as users write them: 0.5,1 or 0.1,0.2:2:10:log. */
#ifndef LLN_TABLE_NUMBER_LIST_H
#define LLN_TABLE_NUMBER_LIST_H

#include <stddef.h>

#include "core/status.h"

/* The most numbers of one list. */
enum { LLN_NUMBER_LIST = 100000 };

typedef struct {
    size_t count;
    double *values; /* [count], owned by the caller: free() */
} lln_number_list;

/* Reads a list of numbers above 0 and of ranges lo:hi:count[:log]
 * (lln_series_value), separated by commas, in the order given. The list is
 * empty after a failure.
 * LLN_EINVAL: not such a list, or more than LLN_NUMBER_LIST numbers;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_number_list_read(const char *text,
                                              lln_number_list *list);

#endif
