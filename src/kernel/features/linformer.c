/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linformer: softmax over r mixtures of keys,
 *     P = softmax(scale Q (E K)') F,   E, F [r x m].
 * E and F are given as arrays, trained for this number of keys, or random. Rows
 * need not sum to 1. Only without a mask. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/arrays.h"
#include "kernel/features/features.h"
#include "kernel/features/projection.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"

enum { MOST_TOKENS = 65536 };

/* Parts of the random numbers of a choice, see lln_projection_normal. */
enum { PART_E, PART_F };

typedef struct {
    double *keys; /* E K [rank x d] */
    double *f;    /* [rank x m] */
} linformer;

static void linformer_release(void *state)
{
    free(((linformer *)state)->keys);
    free(((linformer *)state)->f);
}

static void fill_linformer_features(const lln_features *f, lln_role side,
                                    size_t first, size_t count, double *out)
{
    const linformer *state = f->state;
    size_t r = f->rank;
    if (side == LLN_KEYS) {
        for (size_t l = 0; l < r; l++)
            for (size_t j = 0; j < count; j++)
                out[j * r + l] = state->f[l * f->m + first + j];
        return;
    }
    lln_logits_rows(&f->rule, NULL, f->q + first * f->d, count, state->keys, r,
                    f->d, r, out);
    for (size_t i = 0; i < count; i++)
        lln_row_softmax(out + i * r, r);
}

/* *out [rank x m], owned by the caller: the array of that name, or random
 * numbers with variance 1/rank. */
static lln_status find_matrix(const lln_kernel_choice *choice, const char *name,
                              uint64_t part, const lln_features *f,
                              double **out)
{
    lln_matrix given;
    size_t r = f->rank;
    LLN_TRY(lln_kernel_array_values(choice, name, &given));
    *out = lln_array_alloc_raw(r * f->m, sizeof **out);
    if (!*out)
        return LLN_ENOMEM;
    if (!given.data)
        return lln_projection_normal(choice, part, r * f->m,
                                     1 / sqrt((double)r), *out);
    lln_matrix_convert(given, LLN_FLOAT64, *out);
    return LLN_OK;
}

/* Computes E K, and sets F. */
static lln_status project(const lln_kernel_choice *choice, lln_features *f)
{
    linformer *state = f->state;
    double *e = NULL;
    int d = (int)f->d, m = (int)f->m;
    state->keys = lln_array_alloc_raw(f->rank * f->d, sizeof *state->keys);
    lln_status status =
        state->keys ? find_matrix(choice, "e", PART_E, f, &e) : LLN_ENOMEM;
    if (status == LLN_OK)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)f->rank, d,
                    m, 1, e, m, f->k, d, 0, state->keys, d);
    free(e);
    if (status == LLN_OK)
        status = find_matrix(choice, "f", PART_F, f, &state->f);
    return status;
}

/* Finds the rank: rows of the arrays if given, else the parameter k. */
static lln_status find_rank(const lln_kernel_choice *choice, size_t *rank)
{
    lln_matrix e;
    LLN_TRY(lln_kernel_array_values(choice, "e", &e));
    LLN_TRY(lln_kernel_count(choice, "k", rank));
    if (e.data)
        *rank = e.rows;
    return LLN_OK;
}

static lln_status linformer_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    size_t rank;
    LLN_TRY(find_rank(choice, &rank));
    LLN_TRY(lln_features_new(choice, head, sizeof(linformer), &f));
    f->rank = rank;
    f->fill = fill_linformer_features;
    f->release = linformer_release;
    lln_status status = project(choice, f);
    if (status == LLN_OK)
        return lln_features_open(f, attention);
    lln_features_free(f);
    return status;
}

const lln_kernel lln_kernel_linformer = {
    .name = "linformer",
    .summary =
        "softmax over the k rows of E K in place of keys, applied to F V",
    .reference = "Wang, Li, Khabsa, Fang, Ma 2020",
    .rank = "k",
    .properties = LLN_KERNEL_SIGNED | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_SCALE,
    .arrays = {{.name = "e",
                .shapes = {{"k", "m"}},
                .unit = "replaces normal random numbers of variance 1/k",
                .finite = true,
                .with = "f"},
               {.name = "f",
                .shapes = {{"k", "m"}},
                .unit = "replaces normal random numbers of variance 1/k",
                .finite = true,
                .with = "e"}},
    .parameters = {{"k", "rows of E and F", "256", {1, MOST_TOKENS, true}}},
    .open = linformer_open,
};
