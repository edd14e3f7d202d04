/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pairing.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/mapped.h"
#include "kernel/table/table.h"

enum {
    ROWS = 32,   /* of a head */
    NEAR = 4,    /* keys */
    HEADS = 4,   /* that are looked at: loading takes time */
    FEWEST = 64, /* queries */
};

/* Sum over rows of P, [count x m], the first of which is at place `at`. */
static double sum_near(const double *p, size_t count, size_t m, size_t at)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++, at++)
        for (size_t j = at < NEAR ? 0 : at - NEAR + 1; j <= at; j++)
            sum += p[i * m + j];
    return sum;
}

static lln_status measure_rows(lln_attention *attention, double *mass)
{
    size_t n = attention->n, m = attention->m, size;
    size_t count = lln_size_smaller(ROWS, n), first = n - count;
    LLN_TRY(lln_size_multiply(count, m, &size));
    LLN_TRY(lln_attention_prepare(attention));
    double *p = lln_array_alloc_raw(size, sizeof *p);
    if (!p)
        return LLN_ENOMEM;
    lln_status status = lln_attention_rows(attention, first, count, p);
    if (status == LLN_OK)
        *mass = sum_near(p, count, m, first + (m - n)) / (double)count;
    free(p);
    return status;
}

lln_status lln_near_diagonal(const lln_head *head, double *mass)
{
    lln_kernel_choice softmax;
    lln_attention attention;
    *mass = NAN;
    if (head->q.rows == 0 || head->q.rows > head->k.rows)
        return lln_fail(LLN_EUNDEFINED, "no queries, or more than keys");
    LLN_TRY(lln_kernel_parse("softmax", &softmax));
    LLN_TRY(lln_kernel_open(&softmax, head, &attention));
    lln_status status = measure_rows(&attention, mass);
    lln_attention_close(&attention);
    return status;
}

/* Adds the mass of a loaded head, which it frees; false: it has none. */
static bool add_mass(lln_head *head, double *sum)
{
    double mass;
    lln_status status = lln_near_diagonal(head, &mass);
    lln_head_free(head);
    *sum += status == LLN_OK ? mass : 0;
    return status == LLN_OK;
}

/* The masses of a head, if it can be measured; else NaN. */
static lln_status look_at_head(const lln_heads *mapped, size_t index,
                               lln_pairing *masses)
{
    lln_head head;
    lln_rope_pairing pairing;
    *masses = (lln_pairing){.asked = NAN, .other = NAN};
    mapped->describe(mapped, index, &head);
    if (head.q.rows < FEWEST)
        return LLN_OK;
    lln_status status =
        lln_mapped_load_other(mapped, index, LLN_FLOAT32, &pairing, &head);
    if (status == LLN_EUNDEFINED ||
        (status == LLN_OK && pairing == LLN_ROPE_NONE))
        return LLN_OK;
    LLN_TRY(status);
    double other = 0, asked = 0;
    bool good = add_mass(&head, &other);
    status = mapped->load(mapped, index, NAN, LLN_FLOAT32, &head);
    if (status == LLN_EUNDEFINED)
        return LLN_OK;
    LLN_TRY(status);
    if (add_mass(&head, &asked) && good)
        *masses = (lln_pairing){asked, other, pairing, false};
    return LLN_OK;
}

/* Index of the i-th of the heads that are looked at. */
static size_t index_of(const lln_heads *mapped, size_t i, size_t most)
{
    return (2 * i + 1) * mapped->count / (2 * most);
}

lln_status lln_pairing_look(const lln_heads *mapped, lln_pairing *found)
{
    size_t count = 0, most = lln_size_smaller(HEADS, mapped->count);
    lln_pairing sum = {.asked = 0}, head[HEADS];
    lln_status status[HEADS];
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < most; i++)
        status[i] = look_at_head(mapped, index_of(mapped, i, most), &head[i]);
    for (size_t i = 0; i < most; i++) {
        if (status[i] != LLN_OK) /* once more, for its message */
            LLN_TRY(look_at_head(mapped, index_of(mapped, i, most), &head[i]));
        if (isnan(head[i].asked))
            continue;
        sum.asked += head[i].asked;
        sum.other += head[i].other;
        sum.pairing = head[i].pairing;
        count++;
    }
    found->pairing = sum.pairing;
    found->asked = sum.asked / (double)count;
    found->other = sum.other / (double)count;
    found->seen = found->other >= 0.2 && found->other >= 2 * found->asked;
    return LLN_OK;
}
