/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "array_lists.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heads/files.h"
#include "heads/map_arrays.h"
#include "heads/rules.h"
#include "message.h"
#include "options.h"
#include "output.h"

static bool is_named(const char *item, const char *const *names, size_t count)
{
    size_t length = strcspn(item, "=");
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && strncmp(names[i], item, length) == 0)
            return true;
    return false;
}

const char *const arrays_name_of_keys = "k_rope";

static arrays_use use_of(const char *item)
{
    if (is_named(item, &arrays_name_of_keys, 1))
        return ARRAYS_OF_KEYS;
    if (is_named(item, lln_map_array_names, LLN_MAP_ARRAYS))
        return ARRAYS_OF_MAPS;
    if (is_named(item, lln_rule_array_names, LLN_RULE_ARRAYS))
        return ARRAYS_OF_RULES;
    return ARRAYS_OF_KERNELS;
}

/* Before anything that the name alone would decide. */
static void check_form(const char *item)
{
    const char *place = strchr(item, '=');
    if (!place || place == item || place[1] == '\0')
        cli_usage("--arrays: '%s': expected NAME=FILE[:KEY]", item);
}

void arrays_append(char **list, const char *item)
{
    char *joined;
    if (asprintf(&joined, "%s%s%s", *list ? *list : "", *list ? "," : "",
                 item) < 0)
        cli_fail("out of memory");
    free(*list);
    *list = joined;
}

const char *arrays_for(arrays_use use)
{
    static bool known;
    static char *lists[ARRAYS_USES];
    if (!known && run_shared.arrays) {
        char *copy = cli_copy(run_shared.arrays);
        for (char *rest = copy, *item; (item = strsep(&rest, ","));) {
            check_form(item);
            arrays_append(&lists[use_of(item)], item);
        }
        free(copy);
    }
    known = true;
    return lists[use];
}

void arrays_refuse_place(const char *place)
{
    char *path, *key;
    cli_check(lln_files_split(place, &path, &key));
    cli_refuse_overwrite(path);
    free(path);
    free(key);
}

void arrays_refuse_overwrite(const char *list)
{
    char *copy = list ? cli_copy(list) : NULL;
    for (char *rest = copy, *item; (item = strsep(&rest, ","));)
        arrays_refuse_place(item + strcspn(item, "=") +
                            (strchr(item, '=') != NULL));
    free(copy);
}
