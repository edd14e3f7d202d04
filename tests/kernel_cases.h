/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference matrices of tests/data/kernels, and one check of everything
 * that an attention offers against them. */
#ifndef LLN_TESTS_KERNEL_CASES_H
#define LLN_TESTS_KERNEL_CASES_H

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "expect.h"
#include "head_cases.h"
#include "heads/heads.h"
#include "kernel/product.h"
#include "kernel/table/table.h"

enum { KERNEL_N = 12, KERNEL_D = 4, KERNEL_ENTRIES = 576 };

/* Values in the lines NAME,... of a file of tests/data/kernels, row after row;
 * returns their number. */
static inline size_t kernel_read(const char *file, const char *name,
                                 double out[KERNEL_ENTRIES])
{
    char path[128], line[1024];
    size_t count = 0, length = strlen(name);
    snprintf(path, sizeof path, "tests/data/kernels/%s.csv", file);
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s", path);
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, name, length) != 0 || line[length] != ',')
            continue;
        char *at = strchr(line + length + 1, ','); /* after the row */
        while (*at == ',') {
            ck_assert_uint_lt(count, KERNEL_ENTRIES);
            out[count++] = strtod(at + 1, &at);
        }
    }
    fclose(in);
    ck_assert_msg(count > 0, "no %s in %s", name, path);
    return count;
}

/* The name of the queries "Q" or keys "K" of a head of n tokens. */
static inline const char *kernel_input(const char *name, size_t n)
{
    static char text[24];
    snprintf(text, sizeof text, n > KERNEL_N ? "%s%zu" : "%s", name, n);
    return text;
}

/* The first n rows of the queries and keys, times `factor`; release by
 * lln_head_free. Some n have arrays of their own. */
static inline lln_head kernel_head(size_t n, double factor, bool causal,
                                   lln_precision precision)
{
    double numbers[2][KERNEL_ENTRIES];
    size_t size = n * KERNEL_D, bytes = size * lln_precision_size(precision);
    char *storage = lln_array_alloc(2 * size, lln_precision_size(precision));
    for (int a = 0; a < 2; a++) {
        kernel_read("inputs", kernel_input(a == 0 ? "Q" : "K", n), numbers[a]);
        for (size_t i = 0; i < size; i++)
            numbers[a][i] *= factor;
        lln_matrix_convert((lln_matrix){LLN_FLOAT64, n, KERNEL_D, numbers[a]},
                           precision, storage + (size_t)a * bytes);
    }
    return (lln_head){
        .source = "kernels",
        .layer = -1,
        .head = -1,
        .q = {precision, n, KERNEL_D, storage},
        .k = {precision, n, KERNEL_D, storage + bytes},
        .rule.mask.causal = causal,
        .rule.scale = 0.5,
        .storage = storage,
    };
}

/* Rows, products, transposed products, diagonal and features of an open
 * attention, as far as it has them, against P [n x n]. */
static inline void expect_attention(lln_attention *attention, const double *p,
                                    double tolerance)
{
    size_t n = attention->n, c = KERNEL_D;
    double out[KERNEL_ENTRIES], wanted[KERNEL_ENTRIES], x[KERNEL_ENTRIES];
    kernel_read("inputs", kernel_input("Q", n), x);
    lln_matrix v = {LLN_FLOAT64, n, c, x}; /* any values */
    expect_ok(lln_attention_prepare(attention));
    expect_ok(lln_attention_rows(attention, 0, n, out));
    for (size_t i = 0; i < n * n; i++)
        expect_absolute(out[i], p[i], tolerance);
    dense_multiply(p, n, n, false, x, c, wanted);
    expect_ok(lln_attention_product(attention, v, out));
    for (size_t i = 0; i < n * c; i++)
        expect_absolute(out[i], wanted[i],
                        tolerance * fmax(1, fabs(wanted[i])));
    if (attention->transposed) {
        dense_multiply(p, n, n, true, x, c, wanted);
        expect_ok(attention->transposed(attention, v, out));
        for (size_t i = 0; i < n * c; i++)
            expect_absolute(out[i], wanted[i],
                            tolerance * fmax(1, fabs(wanted[i])));
    }
    if (attention->diagonal) {
        expect_ok(attention->diagonal(attention, out));
        for (size_t i = 0; i < n; i++)
            expect_absolute(out[i], p[i * n + i], tolerance);
    }
    if (attention->features) {
        size_t r = attention->rank;
        double *a = calloc(2 * n * r, sizeof *a), *b = a + n * r;
        attention->features(attention, 0, n, b, a);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t l = 0; l < r; l++)
                    sum += b[i * r + l] * a[j * r + l];
                expect_absolute(sum, p[i * n + j], tolerance);
            }
        free(a);
    }
}

/* One kernel against one reference matrix. */
typedef struct {
    const char *kernel; /* as on the command line */
    const char *matrix; /* its name in matrices.csv; "..._causal" is causal */
    bool causal;        /* even if its name does not say so */
    size_t n;           /* 0: KERNEL_N */
    double factor;      /* 0: 1 */
    double tolerance;   /* in float64; 0: 1e-12 */
    struct {
        const char *name, *array; /* of the kernel, in the data */
        size_t columns;           /* of the array */
    } arrays[2];
} kernel_case;

/* In float64 to 1e-12 and in float32 to 1e-5. */
static inline void expect_kernel(const kernel_case *c)
{
    size_t n = c->n ? c->n : KERNEL_N;
    bool causal = c->causal || strstr(c->matrix, "_causal") != NULL;
    double p[KERNEL_ENTRIES], numbers[2][KERNEL_ENTRIES];
    lln_kernel_array arrays[2];
    lln_kernel_choice choice;
    ck_assert_uint_eq(kernel_read("matrices", c->matrix, p), n * n);
    expect_ok(lln_kernel_parse(c->kernel, &choice));
    choice.arrays = arrays;
    for (size_t i = 0; i < 2 && c->arrays[i].name; i++) {
        size_t count = kernel_read("inputs", c->arrays[i].array, numbers[i]);
        arrays[choice.array_count++] =
            (lln_kernel_array){c->arrays[i].name,
                               {LLN_FLOAT64, count / c->arrays[i].columns,
                                c->arrays[i].columns, numbers[i]}};
    }
    for (int single = 0; single < 2; single++) {
        lln_head head = kernel_head(n, c->factor != 0 ? c->factor : 1, causal,
                                    single ? LLN_FLOAT32 : LLN_FLOAT64);
        lln_attention attention;
        expect_ok(lln_kernel_open(&choice, &head, &attention));
        double exact = c->tolerance != 0 ? c->tolerance : 1e-12;
        expect_attention(&attention, p, single ? 1e-5 : exact);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}

#endif
