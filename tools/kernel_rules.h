/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels and the parts of the rule of logits that they support. */
#ifndef LLN_TOOLS_KERNEL_RULES_H
#define LLN_TOOLS_KERNEL_RULES_H

#include "selection.h"

/* Ends the process if a kernel does not support a part of the rule that the
 * options ask for, naming the option; but a cap, a bias or a sink that another
 * kernel of the list supports is left out, which one message and the column
 * `rule` say. */
void kernel_rules_check(const kernel_list *kernels);

#endif
