/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of an option that differ by layer: LAYERS@VALUE. */
#ifndef LLN_HEADS_BY_LAYER_H
#define LLN_HEADS_BY_LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* A run of layers, both ends in it. */
typedef struct {
    size_t first, last;
} lln_layer_run;

typedef struct {
    lln_layer_run *runs; /* [count], owned; none: all layers that no other
                            value is given to */
    size_t count;
    char *value; /* owned */
} lln_layer_value;

typedef struct {
    lln_layer_value *items; /* [count], owned */
    size_t count;
} lln_by_layer;

enum { LLN_BY_LAYER_SEPARATOR = '\n' };

/* Reads values that are separated by LLN_BY_LAYER_SEPARATOR, in any order:
 * "half:theta=1e6" is for all layers without a value of their own,
 * "0-3,7@none" for these layers. A text before an @ that is not made of
 * digits, commas and minus signs is part of the value. NULL: no values.
 * Release with lln_by_layer_free, after failures too. LLN_EINVAL: no such
 * layers, an empty value, a layer that has two values, or two values for all
 * layers; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_by_layer_read(const char *text,
                                           lln_by_layer *values);

/* The value of a layer, by its number in the model; -1: of a head without a
 * layer, which has only a value for all layers. NULL: none. */
const char *lln_by_layer_find(const lln_by_layer *values, long layer);

/* Whether layers may have different values: some text of well written ones is
 * for some layers. */
bool lln_by_layer_differs(const char *text);

void lln_by_layer_free(lln_by_layer *values);

#endif
