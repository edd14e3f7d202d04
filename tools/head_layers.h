/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The heads of a set by layers, for arrays that hold those of a layer each. */
#ifndef LLN_TOOLS_HEAD_LAYERS_H
#define LLN_TOOLS_HEAD_LAYERS_H

#include "heads/heads.h"
#include "tensor/writer.h"

/* The matrices of a head: those of its roles, and P. */
enum { HEAD_P = LLN_ROLES, HEAD_MATRICES };

/* A head in the order of the arrays. */
typedef struct {
    lln_head head; /* described */
    size_t index;  /* in the set */
} layer_head;

/* Heads of a layer, by batch entry and head, and the matrices that hold each
 * of theirs. */
typedef struct {
    const layer_head *heads; /* [count] */
    size_t count, batches;
    size_t rows[HEAD_MATRICES], columns[HEAD_MATRICES]; /* 0: no values */
    lln_dtype dtype[HEAD_MATRICES];
} head_layer;

typedef struct {
    layer_head *heads;
    head_layer *items; /* [count] */
    size_t count;
} head_layers;

/* Lists the layers of the set; heads without a layer are layer 0. Ends the
 * process if heads of a layer differ in size, unless some of their tokens are
 * padding (--lengths). */
head_layers head_layers_list(const lln_heads *heads);
void head_layers_free(head_layers *layers);

/* The array of a matrix, [heads x rows x columns], with batch entries before
 * them if there are several: "layers.0.q". The caller frees the key. */
lln_writer_entry head_layer_array(const head_layer *layer, int matrix,
                                  char **key);

#endif
