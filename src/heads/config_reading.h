/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A config.json while it is read: for config.c and its parts. */
#ifndef LLN_HEADS_CONFIG_READING_H
#define LLN_HEADS_CONFIG_READING_H

#include <stdbool.h>

#include <jansson.h>

#include "heads/config.h"
#include "heads/config_family.h"

typedef struct {
    const json_t *top;
    const lln_config_family *family;
    lln_config *config;
    const json_t *types;   /* layer_types, or NULL */
    const json_t *rotated; /* no_rope_layers, where 1 means rotary; or NULL */
    size_t period;
    bool flag_sliding; /* use_sliding_window */
    bool two_sided;
    lln_from sides_from;
    double window, chunk; /* NaN: none */
    lln_from window_from, chunk_from;
} lln_config_reading;

#endif
