/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/lookalike.h"

#include <string.h>
#include <strings.h>

#define MAGIC(text) text, sizeof text - 1
#define SAVE_ARRAYS "save the arrays with numpy.savez or safetensors"
#define PICKLE                                                                 \
    "a Python pickle (torch.save, allow_pickle), which is never "              \
    "read; " SAVE_ARRAYS
#define HTML "an HTML page, not the file itself; download it again"
#define COMPRESSED(program) "compressed; unpack it with " program

/* The comparison ignores case. */
static const struct {
    const char *magic;
    size_t length;
    const char *text;
} kinds[] = {
    {MAGIC("version https://git-lfs.github.com/spec/"),
     "a Git LFS pointer, not the file itself; run 'git lfs pull'"},
    {MAGIC("version https://hawser.github.com/spec/"),
     "a Git LFS pointer, not the file itself; run 'git lfs pull'"},
    {MAGIC("/annex/objects/"),
     "a git-annex pointer, not the file itself; run 'git annex get'"},
    {MAGIC("<!doctype html"), HTML},
    {MAGIC("<html"), HTML},
    {MAGIC("Entry not found"),
     "an error message in place of the file; download it again"},
    {MAGIC("\x80\2"), PICKLE},
    {MAGIC("\x80\3"), PICKLE},
    {MAGIC("\x80\4"), PICKLE},
    {MAGIC("\x80\5"), PICKLE},
    {MAGIC("\x89HDF\r\n\x1a\n"), "an HDF5 file; " SAVE_ARRAYS},
    {MAGIC("MATLAB 5.0 MAT-file"), "a MATLAB file; " SAVE_ARRAYS},
    {MAGIC("GGUF"), "a GGUF file; " SAVE_ARRAYS},
    {MAGIC("ARROW1"), "an Arrow file; " SAVE_ARRAYS},
    {MAGIC("PAR1"), "a Parquet file; " SAVE_ARRAYS},
    {MAGIC("\x1f\x8b"), COMPRESSED("gunzip")},
    {MAGIC("\xfd"
           "7zXZ"),
     COMPRESSED("unxz")},
    {MAGIC("BZh"), COMPRESSED("bunzip2")},
    {MAGIC("\x28\xb5\x2f\xfd"), COMPRESSED("unzstd")},
};

const char *lln_lookalike(const lln_mapping *file)
{
    const char *start = (const char *)file->bytes;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (file->size >= kinds[i].length &&
            strncasecmp(start, kinds[i].magic, kinds[i].length) == 0)
            return kinds[i].text;
    return NULL;
}

lln_status lln_numbers_open(const char *path, lln_mapping *file)
{
    LLN_TRY(lln_mapping_open(path, file));
    const char *other = lln_lookalike(file);
    if (!other)
        return LLN_OK;
    lln_mapping_close(file);
    return lln_fail(LLN_EFORMAT, "%s: %s", lln_mapping_name(path), other);
}
