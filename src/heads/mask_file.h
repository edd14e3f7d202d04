/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A mask in a file: which keys each query sees, or what is added to its
 * logits. */
#ifndef LLN_HEADS_MASK_FILE_H
#define LLN_HEADS_MASK_FILE_H

#include "heads/heads.h"

typedef struct lln_mask_file lln_mask_file;

/* Opens FILE[:KEY], booleans or numbers; KEY may be a pattern with an array for
 * each layer. No element is read. LLN_EINVAL, LLN_EFORMAT: no such file or
 * array; else the statuses of lln_kernel_arrays_open. Messages begin with
 * --mask. */
LLN_NODISCARD lln_status lln_mask_file_open(const char *place,
                                            lln_mask_file **mask);

/* NULL is legal. */
void lln_mask_file_close(lln_mask_file *mask);

/* The part that is for a described head, read from the file when it is used;
 * its name for messages goes to name [size]. LLN_EINVAL: the shape does not go
 * with the head. */
LLN_NODISCARD lln_status lln_mask_file_find(const lln_mask_file *mask,
                                            const lln_head *head, char *name,
                                            size_t size, lln_logit_grid *grid);

#endif
