/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether what a configuration says can be applied. */
#ifndef LLN_HEADS_CONFIG_CHECK_H
#define LLN_HEADS_CONFIG_CHECK_H

#include "heads/config.h"

/* LLN_EINVAL: a value that the option of the field does not take. Rotary
 * embedding has several fields and is not checked here. */
LLN_NODISCARD lln_status lln_config_check_value(const char *text,
                                                lln_config_field field);

/* LLN_EFORMAT: an option would not take a value of layer l. The message names
 * the layer. */
LLN_NODISCARD lln_status lln_config_check_layer(const lln_config *config,
                                                size_t l);

#endif
