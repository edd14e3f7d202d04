/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rope.h"

#include "core/vector_math.h"

lln_status lln_rope_dims(const lln_rope *rope, size_t d, size_t *dims)
{
    size_t sum = 0;
    *dims = rope->dims > 0 ? rope->dims : d;
    if (*dims > d)
        return lln_fail(LLN_EINVAL, "dims=%zu: the heads have %zu features",
                        rope->dims, d);
    if (*dims % 2 > 0)
        return lln_fail(LLN_EINVAL,
                        "%zu features to rotate; expected an even number%s",
                        *dims, rope->dims > 0 ? "" : ", given by dims=");
    if (rope->scaling.kind == LLN_ROPE_PROPORTIONAL && d % 2 > 0)
        return lln_fail(LLN_EINVAL,
                        "scaling=proportional: %zu features; expected an even "
                        "number",
                        d);
    for (size_t i = 0; i < rope->section_count; i++)
        sum += rope->sections[i];
    if (rope->section_count == 0 || sum == *dims / 2)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "sections add up to %zu pairs; expected %zu, half of the "
                    "rotated features",
                    sum, *dims / 2);
}

size_t lln_rope_column(const lln_rope *rope, size_t columns, size_t c)
{
    size_t end = 0, turn = columns > 1 ? c % columns : 0;
    if (rope->interleaved)
        return turn > 0 && c < columns * rope->sections[turn] ? turn : 0;
    for (size_t i = 0; i < rope->section_count && columns > 1; i++) {
        end += rope->sections[i];
        if (c < end)
            return i;
    }
    return 0;
}

LLN_CLONES static void turn_half(const lln_turns *t, size_t row,
                                 size_t distance, double *x)
{
    const double *cosine = t->cosine + row * t->pairs;
    const double *sine = t->sine + row * t->pairs;
    double *y = x + distance;
#pragma omp simd
    for (size_t c = 0; c < t->pairs; c++) {
        double even = x[c], odd = y[c];
        x[c] = even * cosine[c] - odd * sine[c];
        y[c] = odd * cosine[c] + even * sine[c];
    }
}

LLN_CLONES static void turn_pairs(const lln_turns *t, size_t row, double *x)
{
    const double *cosine = t->cosine + row * t->pairs;
    const double *sine = t->sine + row * t->pairs;
#pragma omp simd
    for (size_t c = 0; c < t->pairs; c++) {
        double even = x[2 * c], odd = x[2 * c + 1];
        x[2 * c] = even * cosine[c] - odd * sine[c];
        x[2 * c + 1] = odd * cosine[c] + even * sine[c];
    }
}

void lln_rope_turn(const lln_rope *rope, const lln_turns *turns, size_t first,
                   size_t dims, double *x, size_t rows, size_t d)
{
    bool whole = rope->scaling.kind == LLN_ROPE_PROPORTIONAL;
    size_t distance = whole ? d / 2 : dims / 2;
    x += rope->last ? d - dims : 0;
    for (size_t i = 0; i < rows; i++, x += d)
        if (rope->pairing == LLN_ROPE_HALF)
            turn_half(turns, first + i, distance, x);
        else
            turn_pairs(turns, first + i, x);
}
