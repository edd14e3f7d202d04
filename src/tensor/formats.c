/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/formats.h"

#include <string.h>

#include "tensor/lookalike.h"
#include "tensor/npy.h"
#include "tensor/npz.h"
#include "tensor/safetensors.h"
#include "tensor/shards.h"

static const lln_format *const FORMATS[] = {
    &lln_shards_format,
    &lln_npy_format,
    &lln_npz_format,
    &lln_safetensors_format,
    NULL,
};

enum { START = 512 }; /* bytes that identify the format */

static bool has_magic(const lln_mapping *file, const lln_format *format)
{
    if (format->begins && format->begins(file))
        return true;
    for (int i = 0; i < 2 && format->magic[i]; i++) {
        size_t length = strlen(format->magic[i]);
        if (file->size >= format->place + length &&
            memcmp(file->bytes + format->place, format->magic[i], length) == 0)
            return true;
    }
    return false;
}

/* NULL if the first bytes match no format. */
static const lln_format *find_by_magic(const lln_mapping *file)
{
    for (int i = 0; FORMATS[i]; i++)
        if (has_magic(file, FORMATS[i]))
            return FORMATS[i];
    return NULL;
}

static const lln_format *find_by_end(const lln_mapping *file)
{
    for (int i = 0; FORMATS[i]; i++)
        if (FORMATS[i]->ends && FORMATS[i]->ends(file))
            return FORMATS[i];
    return NULL;
}

size_t lln_formats_claim(const lln_mapping *file)
{
    const lln_format *format = find_by_magic(file);
    return format ? format->claim(file) : 0;
}

lln_status lln_formats_find(const lln_mapping *file, const lln_format **format)
{
    const unsigned char *bytes;
    size_t size = file->size < START ? file->size : START;
    LLN_TRY(lln_mapping_get(file, 0, size, &bytes));
    lln_mapping start = {.bytes = bytes, .size = size};
    *format = find_by_magic(&start);
    if (!*format)
        *format = find_by_end(file);
    const char *kind = *format ? NULL : lln_lookalike(&start);
    lln_mapping_put(file, bytes);
    if (*format)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%s",
                    kind ? kind : "not a .npy, .npz or .safetensors file");
}
