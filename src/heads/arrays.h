/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that a set of heads is made of, each in one of a few open files.
 * An array is read when it is first held; when another one is, those that
 * nobody holds are given back, and one of more than 64 MiB that is mapped as
 * soon as nobody holds it: a file of many layers passes through memory a layer
 * at a time, one array of all layers a head at a time. */
#ifndef LLN_HEADS_ARRAYS_H
#define LLN_HEADS_ARRAYS_H

#include "tensor/container.h"

typedef struct lln_arrays lln_arrays;

/* NULL when out of memory; lln_arrays_free closes the files, NULL is legal. */
lln_arrays *lln_arrays_alloc(void);
void lln_arrays_free(lln_arrays *arrays);

/* The file of that path, opened once, "-" too; it belongs to `arrays`. */
LLN_NODISCARD lln_status lln_arrays_file(lln_arrays *arrays, const char *path,
                                         lln_container **file);

/* The number of an array of the file, the same for the same array. */
LLN_NODISCARD lln_status lln_arrays_add(lln_arrays *arrays, lln_container *file,
                                        size_t index, size_t *number);

/* "q.npy", or "qk.npz: key 'q'", for messages; after an array of the same file
 * has been named, "key 'q'" is enough. */
const char *lln_arrays_name(const lln_arrays *arrays, size_t number);
const char *lln_arrays_name_after(const lln_arrays *arrays, size_t number,
                                  size_t named);

/* "q", its key in the file. */
const char *lln_arrays_key(const lln_arrays *arrays, size_t number);

/* Its dtype, axes and shape, as a file in C order has them; without numbers. */
lln_tensor lln_arrays_shape(const lln_arrays *arrays, size_t number);

/* A view of the array, to be dropped by the caller: once for each time that
 * it is held. Both may be called by several threads at once.
 * Statuses are those of lln_container_read. */
LLN_NODISCARD lln_status lln_arrays_hold(lln_arrays *arrays, size_t number,
                                         lln_tensor *tensor);
void lln_arrays_drop(lln_arrays *arrays, size_t number);

/* Gives back all arrays that nobody holds; if nobody holds any, changes of the
 * files do not matter until one is held again. */
void lln_arrays_rest(lln_arrays *arrays);

#endif
