/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files as memory: regular ones are mapped, read-only, pipes are read. Where
 * address space is limited, regular ones are read in parts. What another
 * process does to a file shows in it: lln_mappings_check tells whether the
 * numbers read so far are those of one file. */
#ifndef LLN_TENSOR_MAPPING_H
#define LLN_TENSOR_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef enum {
    LLN_MAPPING_BORROWED, /* the bytes are someone else's */
    LLN_MAPPING_READ,     /* in memory of its own */
    LLN_MAPPING_FILE,     /* mapped */
    LLN_MAPPING_PARTS,    /* not in memory: lln_mapping_get reads it */
} lln_mapping_kind;

typedef struct {
    lln_mapping_kind kind;
    const unsigned char *bytes; /* NULL if it is read in parts */
    size_t size;
    struct lln_mapped_file *file; /* of a regular file, else NULL */
    void *owned; /* the same bytes, from the first page on; NULL: borrowed */
} lln_mapping;

/* The length that a file claims by its first bytes, as far as they tell: if it
 * is less than mapping->size, there is no use in reading on. */
typedef size_t lln_mapping_claim(const lln_mapping *mapping);

/* Opens a file, a pipe, or standard input for "-"; the caller releases it with
 * lln_mapping_close. All of it is in memory. Standard input is taken from where
 * it stands to its end.
 * LLN_EIO: it cannot be opened or read, or is a directory or a device;
 * LLN_EFORMAT: it is empty, as /dev/null is; LLN_ENOMEM: a pipe that does not
 * end within half of the memory that is free. */
LLN_NODISCARD lln_status lln_mapping_open(const char *path,
                                          lln_mapping *mapping);

/* The same, but a pipe is read at most one byte further than it claims, so
 * that one that never ends takes no more memory than an honest one, and where
 * address space is limited (ulimit -v) or lacks room for a file, its bytes are
 * only had in parts. */
LLN_NODISCARD lln_status lln_mapping_open_claimed(const char *path,
                                                  lln_mapping_claim *claim,
                                                  lln_mapping *mapping);

/* Sets *bytes to part of the file, `size` <= mapping->size - place bytes from
 * `place` on. They stay until lln_mapping_put says that they are not needed any
 * longer, or the mapping is closed. LLN_EFORMAT: the file has become shorter;
 * LLN_EIO; LLN_ENOMEM. Messages do not name the file. */
LLN_NODISCARD lln_status lln_mapping_get(const lln_mapping *mapping,
                                         size_t place, size_t size,
                                         const unsigned char **bytes);
void lln_mapping_put(const lln_mapping *mapping, const unsigned char *bytes);

/* Copies the same part to out. Statuses are those of lln_mapping_get. */
LLN_NODISCARD lln_status lln_mapping_read(const lln_mapping *mapping,
                                          size_t place, size_t size, void *out);

/* Says that nobody reads the file until lln_mapping_use is called:
 * lln_mappings_check, which asks the system about each file, looks at it once
 * more and then leaves it out. */
void lln_mapping_rest(const lln_mapping *mapping);
void lln_mapping_use(const lln_mapping *mapping);

/* Whether the mapped files that are read are still those that were opened, by
 * inode, size and time of the last change; a file that has lost its name is.
 * LLN_EFORMAT: one has changed, and what was read of it is of no use. */
LLN_NODISCARD lln_status lln_mappings_check(void);

/* Whether the path leads to a regular file that is open. */
bool lln_mappings_include(const char *path);

/* For a handler of SIGBUS, which a process gets when it reads what a mapped
 * file no longer has. Puts zeros there, so that reading can go on until
 * lln_mappings_check, which fails from now on. False: the address is in no
 * mapped file. */
bool lln_mapping_mend(const void *address);

/* Releases a mapping; one that was never opened is legal if zeroed. */
void lln_mapping_close(lln_mapping *mapping);

/* Gives the pages that hold nothing but these bytes of a mapped file back to
 * the system; they come again when they are read. */
void lln_mapping_drop(const lln_mapping *mapping, const unsigned char *bytes,
                      size_t size);

#endif
