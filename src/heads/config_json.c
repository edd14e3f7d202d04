/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_json.h"

#include <math.h>

#include "core/memory.h"

static const double MOST_SIZE = 2147483648.0;

const json_t *lln_config_find(const json_t *from, const char *const *keys,
                              const char **key)
{
    for (; *keys; keys++) {
        const json_t *value = json_object_get(from, *keys);
        if (!value)
            continue;
        if (key)
            *key = *keys;
        return value;
    }
    return NULL;
}

static lln_status fail_type(const char *key, const char *expected)
{
    return lln_fail(LLN_EFORMAT, "key '%s': expected %s", key, expected);
}

lln_status lln_config_refuse(const char *key, double number,
                             const char *expected)
{
    return lln_fail(LLN_EFORMAT, "key '%s': %.15g; expected %s", key, number,
                    expected);
}

lln_status lln_config_number(const json_t *from, const char *key, double *value,
                             bool *found)
{
    const json_t *json = json_object_get(from, key);
    if (!json)
        return LLN_OK;
    if (!json_is_null(json) && !json_is_number(json))
        return fail_type(key, "a number or null");
    *value = json_is_null(json) ? NAN : json_number_value(json);
    if (found)
        *found = true;
    return LLN_OK;
}

lln_status lln_config_replace(const json_t *from, const char *key,
                              double *value, bool *found)
{
    bool null = json_is_null(json_object_get(from, key));
    return null ? LLN_OK : lln_config_number(from, key, value, found);
}

lln_status lln_config_size(const json_t *from, const char *const *keys,
                           size_t *value, bool *found)
{
    const char *key = NULL;
    const json_t *json = lln_config_find(from, keys, &key);
    if (!json || json_is_null(json))
        return LLN_OK;
    double number = json_number_value(json); /* 0 unless it is a number */
    if (!(number >= 1 && number <= MOST_SIZE) || number != floor(number))
        return fail_type(key, "a whole number from 1 to 2^31");
    *value = (size_t)number;
    if (found)
        *found = true;
    return LLN_OK;
}

lln_status lln_config_flag(const json_t *from, const char *key, bool *value,
                           bool *found)
{
    const json_t *json = json_object_get(from, key);
    if (!json || json_is_null(json))
        return LLN_OK;
    if (!json_is_boolean(json) && !json_is_number(json))
        return fail_type(key, "true or false");
    *value = json_is_true(json) || json_number_value(json) != 0;
    if (found)
        *found = true;
    return LLN_OK;
}

lln_status lln_config_string(const json_t *from, const char *key,
                             const char **value)
{
    const json_t *json = json_object_get(from, key);
    if (!json || json_is_null(json))
        return LLN_OK;
    if (!json_is_string(json))
        return fail_type(key, "a text");
    *value = json_string_value(json);
    return LLN_OK;
}

lln_status lln_config_dictionary(const json_t *from, const char *key,
                                 const json_t **value)
{
    const json_t *json = json_object_get(from, key);
    *value = NULL;
    if (!json || json_is_null(json))
        return LLN_OK;
    if (!json_is_object(json))
        return fail_type(key, "a dictionary");
    *value = json;
    return LLN_OK;
}

lln_status lln_config_list(const json_t *from, const char *key,
                           const json_t **value)
{
    const json_t *json = json_object_get(from, key);
    *value = NULL;
    if (!json || json_is_null(json))
        return LLN_OK;
    if (!json_is_array(json))
        return fail_type(key, "a list");
    if (json_array_size(json) > 0)
        *value = json;
    return LLN_OK;
}

lln_status lln_config_sizes(const json_t *list, const char *key, size_t *sizes,
                            size_t most, size_t *count)
{
    *count = json_array_size(list);
    bool good = *count >= 2 && *count <= most;
    for (size_t i = 0; i < *count && good; i++) {
        double number = json_number_value(json_array_get(list, i));
        good = number >= 1 && number <= MOST_SIZE && number == floor(number);
        sizes[i] = good ? (size_t)number : 0;
    }
    return good ? LLN_OK : fail_type(key, "two or three whole numbers");
}

lln_status lln_config_numbers(const json_t *list, const char *key,
                              double **numbers, size_t *count)
{
    *count = json_array_size(list);
    *numbers = lln_array_alloc(*count, sizeof **numbers);
    if (!*numbers)
        return LLN_ENOMEM;
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_number(item))
            return fail_type(key, "a list of numbers");
        (*numbers)[i] = json_number_value(item);
    }
    return LLN_OK;
}
