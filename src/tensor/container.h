/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A container is a file that contains arrays by name: .npy, .npz, .safetensors
 * or an index of shards. The format is detected from the first bytes, never
 * from the file name. No size in a file is trusted.
 * Example: qk.npz with q.npy [512, 64] and k.npy [512, 64] is a container of 2
 * entries. Entry 0 is {key "q", dtype "<f4", axes 2, shape {512, 64}}, and
 * lln_container_read makes a tensor of it. */
#ifndef LLN_TENSOR_CONTAINER_H
#define LLN_TENSOR_CONTAINER_H

#include <stdbool.h>

#include "tensor/tensor.h"

typedef struct lln_container lln_container;

/* An array of the file. Its texts live as long as the container. */
typedef struct {
    const char *key;        /* "" for the array of a .npy file */
    const char *dtype;      /* as the file names it: "<f4", "BF16" */
    lln_dtype type;         /* the type, if it can be read */
    const char *unreadable; /* NULL, or why it cannot be read */
    const char *shard; /* the path of the shard that contains it, or NULL */
    size_t axes, shape[LLN_TENSOR_AXES];
} lln_container_entry;

/* Opens a file, a pipe, or standard input for "-". The caller releases it with
 * lln_container_close. Every array is described; none is read yet. Members of a
 * zip archive that are not .npy files are left out. Other bytes may precede the
 * archive, unless it comes through a pipe. The shards of an index are opened
 * too. If a shard cannot be opened or lacks an array, the array is unreadable.
 * LLN_EFORMAT: the file has none of the formats, is damaged or truncated, or
 * contains no arrays; also the failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_container_open(const char *path,
                                            lln_container **container);

/* The same for the bytes of a file in memory, which must live as long as the
 * container. Messages begin with `name`. */
LLN_NODISCARD lln_status lln_container_parse(const char *name,
                                             const unsigned char *bytes,
                                             size_t size,
                                             lln_container **container);

/* Releases the container and every view of its arrays. NULL is legal. */
void lln_container_close(lln_container *container);

/* The path, or "standard input". */
const char *lln_container_name(const lln_container *container);

/* The message of the first shard that could not be opened; NULL: all are
 * open. */
const char *lln_container_missing(const lln_container *container);

/* The number of arrays, with those that cannot be read. */
size_t lln_container_count(const lln_container *container);

/* Array `index` < count, in the order of the file. */
lln_container_entry lln_container_entry_at(const lln_container *container,
                                           size_t index);

/* Whether array `index` can be read and has at least `axes` axes. */
bool lln_container_is_usable(const lln_container *container, size_t index,
                             size_t axes);

/* Whether there is exactly one such array, or only one array of any kind.
 * *index is its index. */
bool lln_container_only(const lln_container *container, size_t axes,
                        size_t *index);

/* The index of the array with this key. LLN_EFORMAT: there is none; the message
 * lists the keys of the file, as many as fit. */
LLN_NODISCARD lln_status lln_container_find(const lln_container *container,
                                            const char *key, size_t *index);

/* Makes *tensor a view of array `index`. An array may be read again. Threads
 * may read and release different arrays at the same time. LLN_EFORMAT: the
 * array is unreadable, or its data are damaged. */
LLN_NODISCARD lln_status lln_container_read(lln_container *container,
                                            size_t index, lln_tensor *tensor);

/* The same for an array of booleans, which lln_container_read refuses: *tensor
 * has LLN_DTYPE_BOOL. Any other array is read as above. */
LLN_NODISCARD lln_status lln_container_read_flags(lln_container *container,
                                                  size_t index,
                                                  lln_tensor *tensor);

/* Whether array `index` is inflated each time it is read after a release, which
 * costs more than mapping its pages. */
bool lln_container_inflates(const lln_container *container, size_t index);

/* Declares that no array is read before the next call of lln_container_read.
 * The file may change in between. */
void lln_container_rest(lln_container *container);

/* Declares that no view of array `index` is used any more, so that its memory
 * can be released. The array may be read again. */
void lln_container_release(lln_container *container, size_t index);

#endif
