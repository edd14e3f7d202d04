/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The layers of a config.json as values of options, and what options change in
 * them. Example: windows of 512 in layers 0 and 1 of 3, none in layer 2, are
 * the value "0-1@512" of --window. */
#ifndef LLN_HEADS_CONFIG_OPTION_H
#define LLN_HEADS_CONFIG_OPTION_H

#include "heads/config.h"

/* Merges the values that a user gave an option (as by_layer.h reads them;
 * NULL: none) with those of the layers, of which the user's win. The layers
 * then have the result; *text is the same as a value of the option: plain if
 * all layers with softmax have the same, else LAYERS@VALUE for each value,
 * separated by LLN_BY_LAYER_SEPARATOR; NULL: no layer has one. A scale of
 * 1/sqrt(head_dim) is left out. The caller frees the text. LLN_CONFIG_ROPE
 * includes theta, dims and scaling.
 * LLN_EINVAL: values that are not well written, or for a layer that the model
 * does not have; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_config_merge(lln_config *config,
                                          lln_config_field field,
                                          const char *given, char **text);

/* The layers for which `has` is true, such as "0-4,6-10"; the caller frees it.
 * NULL: LLN_ENOMEM. */
char *lln_config_runs(const lln_config *config,
                      bool (*has)(const lln_config_layer *layer));

/* Whether a layer has no softmax. */
bool lln_config_is_linear(const lln_config_layer *layer);

/* Turns the biases of T5 into those of its decoder, whose file may be that of
 * the encoder too: for a caller that asks for a causal mask. */
void lln_config_use_decoder(lln_config *config);

#endif
