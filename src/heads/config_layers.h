/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which layers of a model slide, are chunked, have rotary embedding or have no
 * softmax. Example: "model_type": "gemma3_text" without layer_types has full
 * attention in layers 5, 11, 17, ... and sliding windows in the others. */
#ifndef LLN_HEADS_CONFIG_LAYERS_H
#define LLN_HEADS_CONFIG_LAYERS_H

#include "heads/config_reading.h"

/* Reads the lists and the periods of layers, the window and the chunk.
 * LLN_EFORMAT. */
LLN_NODISCARD lln_status lln_config_read_layers(lln_config_reading *r);

/* The type of layer l: full_attention, sliding_attention, chunked_attention or
 * linear_attention. LLN_EUNSUPPORTED: the file has another. */
LLN_NODISCARD lln_status lln_config_find_type(const lln_config_reading *r,
                                              size_t l, const char **type);

/* Whether layer l, of this type, has rotary embedding. */
bool lln_config_has_rope(const lln_config_reading *r, size_t l,
                         const char *type);

/* Set the window and the chunk of a layer of this type. A model that sees both
 * sides sees half of the window to either side. */
void lln_config_set_window(const lln_config_reading *r, const char *type,
                           lln_config_value *value);
void lln_config_set_chunk(const lln_config_reading *r, const char *type,
                          lln_config_value *value);

#endif
