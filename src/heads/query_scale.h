/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Factors of queries that depend on their place in the text. */
#ifndef LLN_HEADS_QUERY_SCALE_H
#define LLN_HEADS_QUERY_SCALE_H

#include <stddef.h>

#include "core/settings.h"
#include "core/status.h"

typedef enum {
    LLN_SCALE_NONE,
    LLN_SCALE_LLAMA4,    /* t = 1 + A ln(1 + floor((i + 1)/B)) */
    LLN_SCALE_MINISTRAL, /* t = 1 + A ln(1 + floor(p/L0)) */
    LLN_SCALE_SSMAX,     /* t = c ln(i + 1) */
    LLN_SCALE_FILE       /* t of each query in an array */
} lln_query_scale_kind;

typedef struct {
    lln_query_scale_kind kind;
    double scale;    /* A; c of all heads, NaN: an array has them */
    double floor;    /* B */
    double original; /* L0 */
} lln_query_scale;

/* Reads none, llama4[:scale=A][:floor=B] (0.1 and 8192 unless given),
 * ministral:original=L0[:scale=A] (0.1), ssmax[:factor=C], or anything else,
 * which names a file. LLN_EINVAL: a parameter that is missing or wrong. */
LLN_NODISCARD lln_status lln_query_scale_read(const char *text,
                                              lln_query_scale *scale);

/* The factor t of a query that is at place `index` among the keys, i + m - n
 * of query i, and at a position p: llama4 and ssmax go by the place,
 * ministral by the position. For the kinds that are no file. Sources: Llama 4
 * (attn_scale, floor_scale), Ministral 3 (llama_4_scaling_beta), Nakanishi
 * (2025), eq. 4, for scalable softmax. */
double lln_query_scale_at(const lln_query_scale *scale, size_t index,
                          double position);

/* The form of the values of --query-scale, which may also be a file. */
extern const lln_setting_form lln_query_scale_form;

#endif
