/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that a set of heads is read from, in at most three open files.
 * Example: layers.0.q, layers.0.k, layers.3.q and layers.3.k of qk.npz get the
 * numbers 0 to 3.
 * An array is read when it is first held. Reading an array releases all others
 * that nobody holds. A mapped array of more than 64 MiB is released as soon as
 * nobody holds it. Thus only one layer is in memory at a time if each layer has
 * its own array, and one head at a time if one array contains all layers. */
#ifndef LLN_HEADS_ARRAYS_H
#define LLN_HEADS_ARRAYS_H

#include "tensor/container.h"

typedef struct lln_arrays lln_arrays;

/* Returns NULL when out of memory. lln_arrays_free closes the files; NULL is
 * legal. */
lln_arrays *lln_arrays_alloc(void);
void lln_arrays_free(lln_arrays *arrays);

/* Opens the file at `path`, or returns it if it is open already. "-" is
 * standard input. The file belongs to `arrays`. */
LLN_NODISCARD lln_status lln_arrays_file(lln_arrays *arrays, const char *path,
                                         lln_container **file);

/* Gives array `index` of the file a number; the same array always gets the same
 * number. */
LLN_NODISCARD lln_status lln_arrays_add(lln_arrays *arrays, lln_container *file,
                                        size_t index, size_t *number);

/* "q.npy", or "qk.npz: key 'q'", for messages. lln_arrays_name_after returns
 * only "key 'q'" if the array `named`, which the message has named already, is
 * in the same file. */
const char *lln_arrays_name(const lln_arrays *arrays, size_t number);
const char *lln_arrays_name_after(const lln_arrays *arrays, size_t number,
                                  size_t named);

/* The key in the file: "q". */
const char *lln_arrays_key(const lln_arrays *arrays, size_t number);

/* Dtype, axes and shape, with the strides of C order; no data. */
lln_tensor lln_arrays_shape(const lln_arrays *arrays, size_t number);

/* lln_arrays_hold makes *tensor a view of the array. The caller calls
 * lln_arrays_drop once for each call of lln_arrays_hold. Several threads may
 * call both at once. Statuses are those of lln_container_read. */
LLN_NODISCARD lln_status lln_arrays_hold(lln_arrays *arrays, size_t number,
                                         lln_tensor *tensor);
void lln_arrays_drop(lln_arrays *arrays, size_t number);

/* Reads `count` <= 3 arrays that will be held next, several at a time on
 * several threads: inflating takes longer than some measures. Releases all
 * other arrays that nobody holds. It is only a hint: an array that cannot be
 * read is left to lln_arrays_hold, which reports why, and so are all arrays if
 * they are small or, when inflated, do not fit in memory together. */
void lln_arrays_prepare(lln_arrays *arrays, const size_t *numbers,
                        size_t count);

/* Releases all arrays that nobody holds. If no array is held, the files may
 * change until one is held again. */
void lln_arrays_rest(lln_arrays *arrays);

#endif
