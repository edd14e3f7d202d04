/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/arrays.h"

#include <string.h>

static const lln_kernel_array *find_named(const lln_kernel_choice *choice,
                                          const char *name)
{
    for (size_t i = 0; i < choice->array_count; i++)
        if (strcmp(choice->arrays[i].name, name) == 0)
            return &choice->arrays[i];
    return NULL;
}

bool lln_kernel_has_array(const lln_kernel_choice *choice, const char *name)
{
    return find_named(choice, name) != NULL;
}

lln_status lln_kernel_find_array(const lln_kernel_choice *choice,
                                 const char *name, size_t rows, size_t columns,
                                 lln_matrix *values)
{
    const lln_kernel_array *array = find_named(choice, name);
    if (!array)
        return lln_fail(LLN_EINVAL, "kernel '%s': needs the array '%s'",
                        choice->text, name);
    lln_matrix found = array->values;
    if ((rows && found.rows != rows) || (columns && found.columns != columns))
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': array '%s' is %zu x %zu; expected %zu x "
                        "%zu",
                        choice->text, name, found.rows, found.columns,
                        rows ? rows : found.rows,
                        columns ? columns : found.columns);
    *values = found;
    return LLN_OK;
}

lln_status lln_kernel_find_finite(const lln_kernel_choice *choice,
                                  const char *name, size_t rows, size_t columns,
                                  lln_matrix *values)
{
    lln_matrix found;
    LLN_TRY(lln_kernel_find_array(choice, name, rows, columns, &found));
    size_t bad = lln_matrix_find_nonfinite(found);
    if (bad < found.rows * found.columns) {
        size_t i = bad / found.columns, j = bad % found.columns;
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': array '%s': row %zu, column %zu: %g; "
                        "expected finite numbers",
                        choice->text, name, i, j, lln_matrix_get(found, i, j));
    }
    *values = found;
    return LLN_OK;
}

lln_status lln_kernel_find_vector(const lln_kernel_choice *choice,
                                  const char *name, size_t n, double *out)
{
    const lln_kernel_array *array = find_named(choice, name);
    lln_matrix found = {0};
    bool row = array && array->values.rows == 1 && array->values.columns == n;
    if (row)
        found = array->values;
    else
        LLN_TRY(lln_kernel_find_array(choice, name, n, 1, &found));
    lln_matrix_convert(found, LLN_FLOAT64, out);
    return LLN_OK;
}
