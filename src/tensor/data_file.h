/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files of images and labels: IDX or .npy, also compressed by gzip. The format
 * is detected from the first bytes. */
#ifndef LLN_TENSOR_DATA_FILE_H
#define LLN_TENSOR_DATA_FILE_H

#include "tensor/elements.h"
#include "tensor/mapping.h"

typedef struct {
    const char *name;      /* of the file, for messages; not owned */
    lln_elements elements; /* views of `bytes` */
    lln_mapping bytes;     /* owned */
} lln_data_file;

/* Opens a file, a pipe, or standard input for "-"; `path` must live as long as
 * *file. lln_data_file_close releases it; a zeroed one is legal. LLN_EFORMAT:
 * neither format, or damaged, truncated or too long, or without elements; also
 * the failures of lln_mapping_open and lln_gzip_inflate. */
LLN_NODISCARD lln_status lln_data_file_open(const char *path,
                                            lln_data_file *file);

/* The same for the bytes of a file in memory, which must live as long as
 * *file. */
LLN_NODISCARD lln_status lln_data_file_parse(const char *name,
                                             const unsigned char *bytes,
                                             size_t size, lln_data_file *file);

void lln_data_file_close(lln_data_file *file);

#endif
