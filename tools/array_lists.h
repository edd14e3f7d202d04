/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of --arrays: who takes which of them. */
#ifndef LLN_TOOLS_ARRAY_LISTS_H
#define LLN_TOOLS_ARRAY_LISTS_H

typedef enum {
    ARRAYS_OF_MAPS,
    ARRAYS_OF_RULES,
    ARRAYS_OF_KEYS,    /* features that all heads share */
    ARRAYS_OF_KERNELS, /* all others */
    ARRAYS_USES
} arrays_use;

/* The name of the array of ARRAYS_OF_KEYS. */
extern const char *const arrays_name_of_keys;

/* NAME=FILE,... of that use; NULL: none. Kept until the process ends. */
const char *arrays_for(arrays_use use);

/* Adds an item to a list as above, NULL being an empty one. The caller frees
 * the list. */
void arrays_append(char **list, const char *item);

/* Ends the process if the output would replace a file of a list as above, NULL
 * being an empty one, or the file of FILE[:KEY]. */
void arrays_refuse_overwrite(const char *list);
void arrays_refuse_place(const char *place);

#endif
