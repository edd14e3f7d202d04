/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sorts the heads of a set by layer, for arrays that contain one layer each. */
#ifndef LLN_TOOLS_HEAD_LAYERS_H
#define LLN_TOOLS_HEAD_LAYERS_H

#include "heads/heads.h"
#include "tensor/writer.h"

/* The matrices of a head: one for each role, and P. */
enum { HEAD_P = LLN_ROLES, HEAD_MATRICES };

/* A head in the order of the arrays. */
typedef struct {
    lln_head head; /* not loaded */
    size_t index;  /* in the set */
} layer_head;

/* The heads of a layer, sorted by batch entry and head, and the sizes of the
 * arrays that contain their matrices. */
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

/* Lists the layers of the set; heads without a layer belong to layer 0. Ends
 * the process if heads of a layer differ in size, unless --lengths marks
 * padding. */
head_layers head_layers_list(const lln_heads *heads);
void head_layers_free(head_layers *layers);

/* Describes the array of a matrix, such as "layers.0.q": [heads x rows x
 * columns], preceded by an axis of batch entries if there are several. The
 * caller frees the key. */
lln_writer_entry head_layer_array(const head_layer *layer, int matrix,
                                  char **key);

#endif
