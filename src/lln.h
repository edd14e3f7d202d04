/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All public headers of liblln. */
#ifndef LLN_LLN_H
#define LLN_LLN_H

#include "core/matrix.h"
#include "core/moments.h"
#include "core/number.h"
#include "core/status.h"
#include "core/threads.h"
#include "core/version.h"
#include "heads/heads.h"
#include "heads/logit_bias.h"
#include "heads/logit_rule.h"
#include "heads/temperature.h"
#include "kernel/attention.h"
#include "kernel/parameters.h"
#include "kernel/product.h"
#include "kernel/table/table.h"
#include "tensor/tensor.h"

#endif
