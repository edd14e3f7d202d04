/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which columns of a table a user asks for. */
#ifndef LLN_TABLE_CHOICE_H
#define LLN_TABLE_CHOICE_H

#include <stddef.h>

#include "core/status.h"

/* Groups that every table has: `id`, the identity columns; `default`, what is
 * printed if nothing is asked for; `all`. */
#define LLN_COLUMNS_ID "id"
#define LLN_COLUMNS_DEFAULT "default"
#define LLN_COLUMNS_ALL "all"

/* A column, and its groups beside `all`, separated by spaces; NULL: none. */
typedef struct {
    const char *name, *group;
} lln_column_name;

/* Reads "id,entropy*,tau": names, globs and groups; NULL: the group default.
 * Fills selected[*used], *used <= count, with positions in names[count], each
 * once, in the order of the list.
 * LLN_EINVAL: a part that fits no name; the message lists similar names, or all
 * names. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_columns_choose(const char *list,
                                            const lln_column_name *names,
                                            size_t count, size_t *selected,
                                            size_t *used);

#endif
