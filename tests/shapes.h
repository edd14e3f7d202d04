/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads with every kind of mask, within one tile and over several, and a mask
 * file with hidden keys, for measures that pass over the rows of P. */
#ifndef LLN_TESTS_SHAPES_H
#define LLN_TESTS_SHAPES_H

#include "dense.h"

static const struct {
    size_t n, m;
    lln_mask mask;
} SHAPES[] = {
    {1, 1, {.causal = true}},
    {3, 1, {0}},
    {6, 6, {.causal = true, .documents = &SIX_TOKENS}},
    {6, 6, {.documents = &SIX_TOKENS}},
    {70, 70, {0}},
    {250, 1400, {0}},
    {700, 1400, {.causal = true}},
    {250, 600, {.causal = true, .top = true}},
    {1300, 1300, {.causal = true, .window = 100}},
    {400, 400, {.causal = true, .window = 2}},
    {1300, 1300, {.window = 600, .right = 3}},
    {60, 60, {.chunk = 13}},
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

/* A head of 4 features; release by lln_head_free. */
static inline lln_head shape_head(int at, double sigma, lln_precision precision)
{
    return dense_head(SHAPES[at].n, SHAPES[at].m, 4, sigma, SHAPES[at].mask,
                      precision);
}

/* Whether the kernel supports the rule of logits of the head. */
static inline bool kernel_supports(const char *kernel, const lln_head *head)
{
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse(kernel, &choice));
    return lln_kernel_check_rule(&choice, &head->rule) == LLN_OK;
}

enum { HIDDEN_N = 30, HIDDEN_M = 1200 };

typedef struct {
    unsigned char flags[HIDDEN_N * HIDDEN_M];
    lln_logit_grid grid;
    lln_logit_bias bias; /* for the rule of a head */
} hidden_mask;

/* Hides keys at the start and one in seven of some rows, a whole tile and the
 * own key of others, and all keys of row 4. */
static inline void hidden_fill(hidden_mask *mask)
{
    size_t n = HIDDEN_N, m = HIDDEN_M;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            mask->flags[i * m + j] =
                !(i == 4 || (i % 3 == 0 && (j < 600 || j % 7 == 2)) ||
                  (i % 3 == 1 && ((j > 511 && j < 1100) || j == i + m - n)));
    mask->grid =
        (lln_logit_grid){.flags = mask->flags, .slice = {0, n, m, m, 1}};
    mask->bias = (lln_logit_bias){.mask = &mask->grid, .hides = true};
}

#endif
