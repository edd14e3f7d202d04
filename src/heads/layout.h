/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What each axis of an array means (its layout), and which entries of an axis a
 * user selects.
 * Example: q [2, 12, 512, 64] with the letters bhnd has size {b 2, l 1, h 12, n
 * 512, d 64} and stride {b 393216, l 0, h 32768, n 64, d 1}; the axis of layers
 * is not present. The slice of batch entry 1, head 7 is [512 x 64] and begins
 * at element 393216 + 7 * 32768 = 622592. */
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

/* Size and stride (in elements) of each kind of axis. An axis that the array
 * does not have has size 1, stride 0 and present = false. If group > 0, each
 * group contains `group` heads side by side, `stride` apart, and groups are
 * group_stride apart. */
typedef struct {
    bool present[LLN_AXIS_KINDS];
    size_t size[LLN_AXIS_KINDS];
    size_t stride[LLN_AXIS_KINDS];
    size_t offset; /* element at which the array or the part of a role begins */
    size_t group, group_stride;
} lln_layout;

/* The meaning of the axes of arrays. Letters, slowest axis first: b batch, l
 * layer, h head, n tokens, d features, D heads side by side, 3 queries, keys
 * and values. n and exactly one of d and D are required; D excludes h; no
 * letter is repeated. NULL: nd, or, if heads are to be split, nD, and bnD for
 * three axes.
 * Arrays of attention weights have queries n and keys m in place of tokens and
 * features, and neither D nor 3. NULL: nm. Their layout for LLN_KEYS has the
 * keys as tokens. */
typedef struct {
    const char *letters;
    lln_split split; /* heads[LLN_QUERIES] = 0: no axis D */
    bool stored;     /* the arrays contain attention weights */
} lln_axes;

enum { LLN_LETTERS = 8 }; /* bytes of the longest layout, with its final zero */

/* The letters of an array with `count` axes. */
const char *lln_axes_letters(const lln_axes *axes, size_t count);

/* The letters (NULL: nd) without the axis 3, for an array of one role. */
const char *lln_letters_of_one(const char *letters, char out[LLN_LETTERS]);

/* Reads the axes of the array of a role. Messages begin with `name`. The number
 * of heads in an axis D must be known; 0 for the queries means that the user
 * did not give it.
 * LLN_EINVAL: the letters are not a layout, or the number of heads is missing.
 * LLN_EFORMAT: the tensor has another number of axes, or cannot be split into
 * these heads; the message states the shape and the layouts that would fit. */
LLN_NODISCARD lln_status lln_layout_read(const lln_axes *axes, lln_role role,
                                         const char *name,
                                         const lln_tensor *tensor,
                                         lln_layout *layout);

/* Shape and strides, without data, of an array of one role in C order, with
 * these letters (NULL: nd) and these sizes of its axes. An axis 3 is left
 * out. */
void lln_layout_tensor(const char *letters, const size_t size[LLN_AXIS_KINDS],
                       lln_tensor *tensor);

/* The usual layouts with `axes` axes, ended by NULL; NULL if there are none.
 * The second function gives those of attention weights. */
const char *const *lln_layouts(size_t axes);
const char *const *lln_stored_layouts(size_t axes);

/* Appends a layout to the list in text [size], a string: after a comma, or
 * after "or" if it is the last one. */
void lln_layouts_append(char *text, size_t size, const char *layout, bool last);

/* The matrix [tokens x features] of one batch entry, layer and head. */
lln_tensor_slice lln_layout_slice(const lln_layout *layout, size_t batch,
                                  size_t layer, size_t head);

/* Reads a selection such as "0-3,7" of the entries of an axis. numbers [count]
 * are the numbers of the entries, ascending. chosen[i] becomes true if
 * numbers[i] is selected; NULL selects all. `option` ("layers") and `name` (of
 * the file) are for messages. LLN_EINVAL: not a selection. LLN_EFORMAT: no
 * entry has a selected number. */
LLN_NODISCARD lln_status lln_selection_read(const char *text,
                                            const char *option,
                                            const char *name,
                                            const size_t *numbers, size_t count,
                                            bool *chosen);

#endif
