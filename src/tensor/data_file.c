/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/data_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tensor/counts.h"
#include "tensor/gzip.h"
#include "tensor/idx.h"
#include "tensor/lookalike.h"

static size_t claim_length(const lln_mapping *file)
{
    if (lln_counts_is_npy(file->bytes, file->size))
        return lln_elements_claim_npy(file->bytes, file->size);
    return lln_idx_begins(file->bytes, file->size)
               ? lln_idx_claim(file->bytes, file->size)
               : 0;
}

static lln_status find_elements(const lln_mapping *bytes,
                                lln_elements *elements)
{
    if (lln_counts_is_npy(bytes->bytes, bytes->size))
        return lln_elements_of_npy(bytes->bytes, bytes->size, elements);
    if (lln_idx_begins(bytes->bytes, bytes->size))
        return lln_idx_read(bytes->bytes, bytes->size, elements);
    const char *kind = lln_lookalike(bytes);
    return lln_fail(LLN_EFORMAT, "%s",
                    kind ? kind
                         : "not an IDX or .npy file, or one of these "
                           "compressed by gzip");
}

/* Takes ownership of file->bytes, even on failure. */
static lln_status read_elements(lln_data_file *file)
{
    lln_mapping packed = file->bytes;
    lln_status status = LLN_OK;
    if (lln_gzip_begins(packed.bytes, packed.size)) {
        file->bytes = (lln_mapping){.bytes = NULL};
        status = lln_gzip_inflate(packed.bytes, packed.size, claim_length,
                                  &file->bytes);
        lln_mapping_close(&packed);
    }
    if (status == LLN_OK)
        status = find_elements(&file->bytes, &file->elements);
    if (status == LLN_OK)
        return LLN_OK;
    lln_status failed = lln_fail_in(status, file->name);
    lln_data_file_close(file);
    return failed;
}

lln_status lln_data_file_open(const char *path, lln_data_file *file)
{
    *file = (lln_data_file){.name = lln_mapping_name(path)};
    struct stat at;
    if (stat(path, &at) == 0 && S_ISDIR(at.st_mode))
        return lln_fail(LLN_EIO, "%s: %s; name a file in it", path,
                        strerror(EISDIR));
    LLN_TRY(lln_mapping_open(path, &file->bytes));
    return read_elements(file);
}

lln_status lln_data_file_parse(const char *name, const unsigned char *bytes,
                               size_t size, lln_data_file *file)
{
    *file = (lln_data_file){
        .name = name,
        .bytes = {.kind = LLN_MAPPING_BORROWED, .bytes = bytes, .size = size}};
    return read_elements(file);
}

void lln_data_file_close(lln_data_file *file)
{
    lln_mapping_close(&file->bytes);
    *file = (lln_data_file){.name = NULL};
}
