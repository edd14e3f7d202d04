/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the axes of an array of queries or keys mean, and which entries of an
 * axis a user asked for. */
#ifndef LLN_HEADS_LAYOUT_H
#define LLN_HEADS_LAYOUT_H

#include "heads/split.h"
#include "tensor/tensor.h"

enum {
    LLN_AXIS_BATCH,
    LLN_AXIS_LAYER,
    LLN_AXIS_HEAD,
    LLN_AXIS_TOKEN,
    LLN_AXIS_FEATURE,
    LLN_AXIS_KINDS
};

/* Size and stride (in elements) of each kind of axis; an axis the array does
 * not have has size 1 and present = false. Heads that are `group` at a time
 * side by side (0: all are at `stride`) have a stride for the groups too. */
typedef struct {
    bool present[LLN_AXIS_KINDS];
    size_t size[LLN_AXIS_KINDS];
    size_t stride[LLN_AXIS_KINDS];
    size_t offset; /* of the first element */
    size_t group, group_stride;
} lln_layout;

/* What the axes of arrays mean. Letters, slowest axis first: b batch, l layer,
 * h head, n tokens, d features, D heads side by side, 3 queries, keys and
 * values; n and one of d and D are needed, D excludes h, none comes twice.
 * NULL: nd, or, if heads are to be split, nD and with three axes bnD.
 * Arrays of attention weights have queries n and keys m in place of tokens and
 * features, and no D and 3. NULL: nm. Their layout for LLN_KEYS has the keys
 * as tokens. */
typedef struct {
    const char *letters;
    lln_split split; /* heads[LLN_QUERIES] = 0: no axis D */
    bool stored;     /* the arrays hold attention weights */
} lln_axes;

enum { LLN_LETTERS = 8 }; /* bytes of the longest layout with its end */

/* The letters of an array with so many axes. */
const char *lln_axes_letters(const lln_axes *axes, size_t count);

/* The letters (NULL: nd) without the axis 3, for an array of one role. */
const char *lln_letters_of_one(const char *letters, char out[LLN_LETTERS]);

/* Reads the axes of an array of a role. Messages begin with `name`, that of the
 * file. The number of heads in an axis D must be known; 0 for the queries means
 * that it was not given.
 * LLN_EINVAL: not a layout, or no number of heads. LLN_EFORMAT: the
 * tensor has another number of axes, or does not split into these heads; the
 * message says the shape and which layouts would fit. */
LLN_NODISCARD lln_status lln_layout_read(const lln_axes *axes, lln_role role,
                                         const char *name,
                                         const lln_tensor *tensor,
                                         lln_layout *layout);

/* The form of an array of one role in C order with these letters (NULL: nd),
 * its axes of these sizes: shape and strides, no data. An axis 3 is left
 * out. */
void lln_layout_tensor(const char *letters, const size_t size[LLN_AXIS_KINDS],
                       lln_tensor *tensor);

/* The usual layouts with so many axes, ended by NULL; NULL if there is none. */
const char *const *lln_layouts(size_t axes);

/* Adds a layout to a list of them in text [size], a string, after a comma, or
 * after "or" if it is the last. */
void lln_layouts_append(char *text, size_t size, const char *layout, bool last);

/* The matrix [tokens x features] of one batch entry, layer and head. */
lln_tensor_slice lln_layout_slice(const lln_layout *layout, size_t batch,
                                  size_t layer, size_t head);

/* Reads a selection such as "0-3,7" of the entries of an axis, whose numbers
 * [count] ascend: chosen[i] says whether numbers[i] is in it; NULL chooses all.
 * `option` ("layers") and `name` (of the file) are for messages.
 * LLN_EINVAL: not a selection. LLN_EFORMAT: a number that is not there. */
LLN_NODISCARD lln_status lln_selection_read(const char *text,
                                            const char *option,
                                            const char *name,
                                            const size_t *numbers, size_t count,
                                            bool *chosen);

#endif
