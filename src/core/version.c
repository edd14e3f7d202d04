/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/version.h"

const char *lln_version(void)
{
    return LLN_VERSION;
}
