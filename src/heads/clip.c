/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/clip.h"

#include <math.h>
#include <string.h>

#include "core/number.h"

lln_status lln_clip_read(const char *text, double *limit)
{
    static const lln_range range = {0, INFINITY, false, true};
    *limit = INFINITY;
    if (strcmp(text, "none") == 0 ||
        lln_number_read(text, &range, limit) == LLN_NUMBER)
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "'%s': expected none or a number above 0",
                    text);
}

void lln_clip(double limit, double *x, size_t count)
{
    if (isinf(limit))
        return;
    for (size_t i = 0; i < count; i++) {
        double above = x[i] > limit ? limit : x[i];
        x[i] = above < -limit ? -limit : above;
    }
}
