/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where config.json states rotary embedding, and how values are set and
 * written. */
#ifndef LLN_HEADS_CONFIG_KEYS_H
#define LLN_HEADS_CONFIG_KEYS_H

#include <stdbool.h>

#include <jansson.h>

#include "heads/config.h"
#include "heads/config_family.h"

/* The dictionaries that state it for one layer, NULL where there is none. */
typedef struct {
    const json_t *top;   /* the whole file */
    const json_t *outer; /* rope_parameters */
    const json_t *inner; /* the same, or that of the layer type in it */
    const json_t *old;   /* rope_scaling of older files */
    bool unscaled; /* inner is of all layers, but its scaling is not of this */
} lln_config_rope_keys;

/* Finds them for a layer of this type ("sliding_attention"). LLN_EFORMAT. */
LLN_NODISCARD lln_status lln_config_rope_find(const json_t *top,
                                              const lln_config_family *family,
                                              const char *type,
                                              lln_config_rope_keys *keys);

/* A number of the scaling, from the dictionary of the layer, else from that of
 * older files; *value is left alone if neither has it. LLN_EFORMAT. */
LLN_NODISCARD lln_status lln_config_rope_number(
    const lln_config_rope_keys *keys, const char *key, double *value);

/* The context length before scaling: the key at the top, else that of the
 * scaling, else max_position_embeddings. LLN_EFORMAT. */
LLN_NODISCARD lln_status
lln_config_rope_original(const lln_config_rope_keys *keys,
                         const lln_config_family *family, double *original);

/* Sets a value to a number, none for NaN, or to a text. */
void lln_config_set_number(lln_config_value *value, double number,
                           lln_from from);
void lln_config_set_text(lln_config_value *value, const char *text,
                         lln_from from);

/* The value of --rope for a layer, "half:theta=10000:scaling=linear:factor=8",
 * or "none": out [size]. */
void lln_config_rope(const lln_config *config, size_t layer, char *out,
                     size_t size);

#endif
