/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that maps of queries and keys take beside their options: weights
 * of norms, frequencies, factors of heads. */
#ifndef LLN_HEADS_MAP_ARRAYS_H
#define LLN_HEADS_MAP_ARRAYS_H

#include <stdbool.h>

#include "heads/kernel_arrays.h"

typedef enum {
    LLN_MAP_Q_NORM,
    LLN_MAP_K_NORM,
    LLN_MAP_Q_NORM_BIAS,
    LLN_MAP_K_NORM_BIAS,
    LLN_MAP_ROPE_SHORT,
    LLN_MAP_ROPE_LONG,
    LLN_MAP_ROPE_FREQS,
    LLN_MAP_SSMAX,
    LLN_MAP_ARRAYS
} lln_map_array_kind;

/* Their names in --arrays: "q_norm". */
extern const char *const lln_map_array_names[LLN_MAP_ARRAYS];

/* The numbers of one layer, in C order. */
typedef struct {
    double *numbers; /* [count], owned; NULL: there is no such array */
    size_t count;
    size_t width; /* size of the last axis */
} lln_map_array;

/* Sets found[i] if `list`, NAME=FILE[:KEY],... or NULL, has an array called
 * names[i]; leaves the others. Both are [count]. */
void lln_map_arrays_mark(const char *list, const char *const *names,
                         size_t count, bool *found);

/* Where an array of that name is in a list of arrays; false: nowhere. NULL is
 * a legal list, an empty one. */
bool lln_map_array_find(const lln_kernel_arrays *arrays, const char *name,
                        size_t *index);

/* Reads array `index` of the list for the layer of a head. If the queries are
 * in an array with an axis of several layers and the first of several axes of
 * this one is as long, it holds one layer after another; else all of it is for
 * the layer. An array of two axes is also for the layer if the first has the
 * size `shared`; 0: none is. LLN_EINVAL: there is an array for each head;
 * LLN_EFORMAT: a pattern finds none, or a number is not finite. */
LLN_NODISCARD lln_status lln_map_array_read(const lln_kernel_arrays *arrays,
                                            size_t index, const lln_head *head,
                                            size_t shared,
                                            lln_map_array *array);

/* The same without `shared`, for sinks: -inf is the number of a head without
 * one. */
LLN_NODISCARD lln_status
lln_map_array_read_sinks(const lln_kernel_arrays *arrays, size_t index,
                         const lln_head *head, lln_map_array *array);

#endif
