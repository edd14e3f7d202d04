/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/arrays.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

const lln_kernel_array_row *lln_kernel_array_find(const lln_kernel *kernel,
                                                  const char *name)
{
    for (const lln_kernel_array_row *row = kernel->arrays; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

void lln_kernel_shapes_text(const lln_kernel_array_row *row, char *text,
                            size_t size)
{
    size_t length = 0;
    *text = '\0';
    for (const lln_kernel_shape *shape = row->shapes; shape->rows; shape++) {
        const char *before = shape == row->shapes ? "" : " or ";
        snprintf(text + length, size - length, "%s[%s x %s]", before,
                 shape->rows, shape->columns);
        length += strlen(text + length);
    }
}

static const lln_kernel_array *find_given(const lln_kernel_choice *choice,
                                          const char *name)
{
    for (size_t i = 0; i < choice->array_count; i++)
        if (strcmp(choice->arrays[i].name, name) == 0)
            return &choice->arrays[i];
    return NULL;
}

/* Number of rows of the first given array whose number of rows is that
 * parameter; 0 if no such array was given. */
static size_t rows_of_first(const lln_kernel_choice *choice, const char *name)
{
    const lln_kernel_array_row *row = choice->kernel->arrays;
    for (; row->name; row++) {
        const lln_kernel_array *given = find_given(choice, row->name);
        if (given && strcmp(row->shapes[0].rows, name) == 0)
            return given->values.rows;
    }
    return 0;
}

/* The value of a size named in a shape; 0 if any size will do. */
static size_t size_named(const lln_kernel_choice *choice, const lln_head *head,
                         const lln_kernel_array_row *row, const char *name)
{
    const struct {
        const char *name;
        size_t size;
    } sizes[] = {{"1", 1},
                 {"n", head->q.rows},
                 {"m", head->k.rows},
                 {"d", head->q.columns}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(sizes[i].name, name) == 0)
            return sizes[i].size;
    int parameter = lln_kernel_parameter_index(choice->kernel, name);
    if (parameter < 0)
        return row->columns ? row->columns(choice, head) : 0;
    if (choice->given[parameter])
        return (size_t)choice->number[parameter];
    return rows_of_first(choice, name);
}

/* Whether the array has this shape. Appends the shape to `expected`. */
static bool fits(const lln_kernel_choice *choice, const lln_head *head,
                 const lln_kernel_array_row *row, const lln_kernel_shape *shape,
                 lln_matrix values, char expected[160])
{
    size_t rows = size_named(choice, head, row, shape->rows);
    size_t columns = size_named(choice, head, row, shape->columns);
    char one[64];
    snprintf(one, sizeof one, "%zu x %zu", rows ? rows : values.rows,
             columns ? columns : values.columns);
    lln_text_append(expected, 160, one);
    return (rows == 0 || rows == values.rows) &&
           (columns == 0 || columns == values.columns);
}

static lln_status check_shape(const lln_kernel_choice *choice,
                              const lln_head *head,
                              const lln_kernel_array_row *row,
                              lln_matrix values)
{
    char expected[160] = "";
    for (const lln_kernel_shape *shape = row->shapes; shape->rows; shape++)
        if (fits(choice, head, row, shape, values, expected))
            return LLN_OK;
    return lln_fail(
        LLN_EINVAL, "kernel '%s': array '%s' is %zu x %zu; expected %s",
        choice->text, row->name, values.rows, values.columns, expected);
}

static lln_status check_numbers(const lln_kernel_choice *choice,
                                const lln_kernel_array_row *row,
                                lln_matrix values)
{
    size_t count = values.rows * values.columns;
    size_t bad = lln_matrix_find_nonfinite(values);
    double x = NAN;
    for (; bad < count; bad++) {
        x = lln_matrix_get(values, bad / values.columns, bad % values.columns);
        if (isnan(x) || (row->finite && isinf(x)))
            break;
    }
    if (bad == count)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': array '%s': row %zu, column %zu: %g; "
                    "expected %s",
                    choice->text, row->name, bad / values.columns,
                    bad % values.columns, isnan(x) ? fabs(x) : x,
                    row->finite ? "finite numbers" : "a number");
}

lln_status lln_kernel_check_arrays(const lln_kernel_choice *choice,
                                   const lln_head *head)
{
    const lln_kernel_array_row *row = choice->kernel->arrays;
    for (; row->name; row++) {
        const lln_kernel_array *given = find_given(choice, row->name);
        if (!given)
            continue;
        if (row->with && !find_given(choice, row->with))
            return lln_fail(LLN_EINVAL,
                            "kernel '%s': array '%s' needs array '%s'",
                            choice->text, row->name, row->with);
        LLN_TRY(check_shape(choice, head, row, given->values));
        if (given->values.data)
            LLN_TRY(check_numbers(choice, row, given->values));
    }
    return LLN_OK;
}

lln_status lln_kernel_array_values(const lln_kernel_choice *choice,
                                   const char *name, lln_matrix *values)
{
    if (!lln_kernel_array_find(choice->kernel, name))
        return lln_fail(LLN_EINVAL,
                        "internal error: kernel '%s' takes no array '%s'",
                        choice->kernel->name, name);
    const lln_kernel_array *given = find_given(choice, name);
    *values = given ? given->values : (lln_matrix){0};
    return LLN_OK;
}
