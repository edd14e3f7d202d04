/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of tests/data/logits. */
#ifndef LLN_TESTS_LOGIT_VECTORS_H
#define LLN_TESTS_LOGIT_VECTORS_H

#include <stdio.h>

#include "core/memory.h"
#include "expect.h"
#include "tensor/container.h"

/* The numbers of NAME.npy; the caller frees them. */
static inline double *read_vector(const char *name, size_t *count)
{
    char path[256];
    lln_container *file;
    lln_tensor tensor;
    size_t bad;
    snprintf(path, sizeof path, "tests/data/logits/%s.npy", name);
    expect_ok(lln_container_open(path, &file));
    expect_ok(lln_container_read(file, 0, &tensor));
    *count = lln_tensor_count(&tensor);
    double *numbers = lln_array_alloc(*count, sizeof *numbers);
    lln_tensor_slice all = {0, 1, *count, *count, 1};
    expect_ok(lln_tensor_copy(&tensor, &all, LLN_FLOAT64, numbers, &bad));
    ck_assert_uint_eq(bad, *count);
    lln_container_close(file);
    return numbers;
}

/* x [count] agrees with the numbers of NAME.npy to `tolerance`. */
static inline void expect_vector(const char *name, const double *x,
                                 size_t count, double tolerance)
{
    size_t there;
    double *expected = read_vector(name, &there);
    ck_assert_uint_eq(there, count);
    for (size_t i = 0; i < count; i++)
        expect_absolute(x[i], expected[i], tolerance);
    free(expected);
}

#endif
