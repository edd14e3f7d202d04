/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of lengths and masks, as text and .npy. Lengths that fit
 * the arrays of a batch stay within them. */
#include <sys/mman.h>
#include <unistd.h>

#include "heads/lengths.h"
#include "text.h"

/* With padding before the tokens and after them. */
static void check_lengths(lln_lengths *lengths, size_t batch, size_t n,
                          size_t m)
{
    if (!is_good(lln_lengths_check(lengths, "q", batch, n, m)))
        return;
    for (int left = 0; left < 2; left++) {
        lengths->left = left;
        for (size_t b = 0; b < batch; b++) {
            lln_length at = lln_lengths_at(lengths, b, n, m);
            require(at.queries <= n && at.first_query <= n - at.queries &&
                        at.keys <= m && at.first_key <= m - at.keys,
                    "tokens outside of the array");
        }
    }
}

static void read_lengths(const char *path)
{
    lln_lengths lengths, copy;
    if (!is_good(lln_lengths_read(path, &lengths)))
        return;
    require(lengths.count > 0, "no lengths");
    size_t n = lengths.tokens ? lengths.tokens : 100;
    require(lln_lengths_copy(&lengths, &copy) == LLN_OK, "copy");
    check_lengths(&copy, copy.count, n, n);
    check_lengths(&lengths, 2, n, n);
    check_lengths(&lengths, 2, 7, 9);
    lln_lengths_free(&copy);
    lln_lengths_free(&lengths);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    require(file >= 0 && write(file, bytes, size) == (ssize_t)size, "memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    read_lengths(path);
    close(file);
    return 0;
}
