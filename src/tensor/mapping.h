/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes of a file: regular files are mapped read-only, pipes are read into
 * memory. If address space is limited, regular files are read in parts.
 * Example: a 3 GB file q.npy has kind LLN_MAPPING_FILE and size 3e9, and its
 * pages are read when they are used. Under `ulimit -v` it has kind
 * LLN_MAPPING_PARTS and bytes NULL; lln_mapping_get reads a part of it.
 * Other processes may change a mapped file. lln_mappings_check finds out. */
#ifndef LLN_TENSOR_MAPPING_H
#define LLN_TENSOR_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef enum {
    LLN_MAPPING_BORROWED, /* the bytes belong to the caller */
    LLN_MAPPING_READ,     /* in memory that it owns */
    LLN_MAPPING_FILE,     /* mapped */
    LLN_MAPPING_PARTS,    /* not in memory; lln_mapping_get reads it */
} lln_mapping_kind;

typedef struct lln_mapping {
    lln_mapping_kind kind;
    const unsigned char *bytes; /* NULL if the file is read in parts */
    size_t size;
    struct lln_mapped_file *file; /* for a regular file, else NULL */
    void *owned; /* the same bytes from the start of their first page; NULL:
                    borrowed */
} lln_mapping;

/* The length of a file according to the first bytes, which are in *mapping. If
 * it is less than mapping->size, reading on is useless. */
typedef size_t lln_mapping_claim(const lln_mapping *mapping);

/* The name of a file in messages: "standard input" for "-", else the path. */
const char *lln_mapping_name(const char *path);

/* Opens a file, a pipe, or standard input for "-". The caller releases it with
 * lln_mapping_close. All bytes are in memory. Standard input is read from its
 * current position to its end.
 * LLN_EIO: it cannot be opened or read, or is a directory or a device;
 * LLN_EFORMAT: it is empty, as /dev/null is; LLN_ENOMEM: a pipe delivers more
 * than half of the memory that is free. */
LLN_NODISCARD lln_status lln_mapping_open(const char *path,
                                          lln_mapping *mapping);

/* The same with two differences. A pipe is read at most one byte beyond the
 * length that it claims, so that a pipe that never ends takes no more memory
 * than a complete file. If address space is limited (ulimit -v) or too small
 * for the file, its bytes are available only in parts. */
LLN_NODISCARD lln_status lln_mapping_open_claimed(const char *path,
                                                  lln_mapping_claim *claim,
                                                  lln_mapping *mapping);

/* Sets *bytes to a part of the file: `size` <= mapping->size - place bytes from
 * `place` on. They remain valid until lln_mapping_put or lln_mapping_close.
 * LLN_EFORMAT: the file has become shorter; LLN_EIO; LLN_ENOMEM. Messages do
 * not name the file. */
LLN_NODISCARD lln_status lln_mapping_get(const lln_mapping *mapping,
                                         size_t place, size_t size,
                                         const unsigned char **bytes);
void lln_mapping_put(const lln_mapping *mapping, const unsigned char *bytes);

/* Copies such a part to out. Statuses are those of lln_mapping_get. */
LLN_NODISCARD lln_status lln_mapping_read(const lln_mapping *mapping,
                                          size_t place, size_t size, void *out);

/* lln_mapping_rest declares that nobody reads the file until lln_mapping_use is
 * called. It checks the file once more; lln_mappings_check then skips it, which
 * saves a system call. */
void lln_mapping_rest(const lln_mapping *mapping);
void lln_mapping_use(const lln_mapping *mapping);

/* Checks that the mapped files in use are still those that were opened, by
 * inode, size and modification time. A file that was deleted passes.
 * LLN_EFORMAT: a file has changed, and the data read from it are invalid. */
LLN_NODISCARD lln_status lln_mappings_check(void);

struct stat;

/* Whether two files are the same: by device and inode. */
bool lln_mapping_same_file(const struct stat *a, const struct stat *b);

/* Whether the path is that of a regular file that is open. */
bool lln_mappings_include(const char *path);

/* For a handler of SIGBUS, which a process receives when it reads beyond the
 * end of a mapped file that has become shorter. Maps zeros there, so that
 * reading can continue until lln_mappings_check, which fails from now on.
 * False: the address is in no mapped file. */
bool lln_mapping_mend(const void *address);

/* Releases a mapping. A mapping that was never opened is legal if it is
 * zeroed. */
void lln_mapping_close(lln_mapping *mapping);

/* Releases the pages that contain only these bytes of a mapped file. They are
 * loaded again when they are read. */
void lln_mapping_drop(const lln_mapping *mapping, const unsigned char *bytes,
                      size_t size);

#endif
