/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats --histogram and --qq: the distribution of ln P in tables. */
#ifndef LLN_TOOLS_DISTRIBUTION_H
#define LLN_TOOLS_DISTRIBUTION_H

#include "plan.h"

/* The plans of both tables; only one of them can be used by a process. bins,
 * count >= 1. */
run_plan distribution_histogram(size_t bins);
run_plan distribution_quantiles(size_t count);

#endif
