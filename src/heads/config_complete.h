/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An option that is given without some of its parameters, while a configuration
 * has them. */
#ifndef LLN_HEADS_CONFIG_COMPLETE_H
#define LLN_HEADS_CONFIG_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text of an option has the parameter `name`: "theta" of
 * "half:theta=1e6". */
bool lln_config_states(const char *text, const char *name);

/* out [size] = the given text and those NAME=VALUE of `own`, the text of the
 * configuration, that it does not have: "pairs" and "half:theta=1e6:dims=64"
 * give "pairs:theta=1e6:dims=64". Words without a value are as given. Nothing
 * is added if either is "none" or empty, or if the first words differ and `any`
 * is false. Of rotary embedding, `any` is true; sections= and scaling= replace
 * those of `own` with all that belongs to them. */
void lln_config_complete(const char *given, const char *own, bool any,
                         char *out, size_t size);

#endif
