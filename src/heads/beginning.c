/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/beginning.h"

#include "core/memory.h"

lln_beginning lln_beginning_find(lln_mask mask, size_t n, size_t m,
                                 size_t length)
{
    size_t before = mask.top || n > m ? 0 : m - n; /* keys before query 0 */
    if (length > m || length <= before || (n != m && !lln_mask_hides(mask)))
        return (lln_beginning){0, 0};
    return (lln_beginning){lln_size_smaller(length - before, n), length};
}
