/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * config.json of Hugging Face transformers: what each layer of a model does
 * between its projections and its softmax, in the words of the options that do
 * the same. Example: a file with "model_type": "gemma2" and "sliding_window":
 * 4096 gives layer 0 the values rope = "half", theta = 10000, window = "4096",
 * softcap = 50, and layer 1 the same without a window. */
#ifndef LLN_HEADS_CONFIG_H
#define LLN_HEADS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "heads/split.h"

/* Where a value is from. */
typedef enum {
    LLN_FROM_CLASS,  /* the class of the model: the file does not say */
    LLN_FROM_FILE,   /* config.json */
    LLN_FROM_OPTION, /* an option of the command, set by the caller */
} lln_from;

/* What a layer has. Texts are in the form that the option takes, and "" where
 * the layer has none; numbers are NaN then. */
typedef enum {
    LLN_CONFIG_ATTENTION,   /* full_attention, sliding_attention,
                               chunked_attention; or linear_attention, which has
                               no softmax and nothing else here */
    LLN_CONFIG_CLIP,        /* number: --clip-qkv */
    LLN_CONFIG_NORM,        /* --qk-norm */
    LLN_CONFIG_ROPE,        /* pairing: half or pairs */
    LLN_CONFIG_THETA,       /* number */
    LLN_CONFIG_DIMS,        /* number: channels that are turned */
    LLN_CONFIG_SCALING,     /* of rotary embedding: linear:factor=8 */
    LLN_CONFIG_QUERY_SCALE, /* --query-scale */
    LLN_CONFIG_SCALE,       /* number: --scale */
    LLN_CONFIG_SOFTCAP,     /* number: --softcap */
    LLN_CONFIG_BIAS,        /* --bias */
    LLN_CONFIG_CAUSAL,      /* number: 0 or 1 */
    LLN_CONFIG_WINDOW,      /* --window: W, or L,R */
    LLN_CONFIG_CHUNK,       /* number: --chunk */
    LLN_CONFIG_SINK,        /* "learned": the checkpoint has the numbers */
    LLN_CONFIG_SECTIONS,    /* of rotary embedding: 16,24,24 */
    LLN_CONFIG_FIELDS
} lln_config_field;

/* Name of a field as a column: "rope", "theta". */
extern const char *const lln_config_names[LLN_CONFIG_FIELDS];

enum { LLN_CONFIG_TEXT = 192 };

typedef struct {
    char text[LLN_CONFIG_TEXT]; /* of a number: that number */
    double number;              /* NaN: none, or a text */
    lln_from from;
} lln_config_value;

typedef struct {
    lln_config_value value[LLN_CONFIG_FIELDS];
} lln_config_layer;

typedef struct {
    char *model_type;
    size_t layers, heads, key_heads, head_dim;
    bool rope_last;        /* channels turned are the last ones */
    lln_fused fused;       /* order in arrays of queries, keys and values, if
                              the class has a projection for all three */
    bool norm_weights;     /* the norm has weights, which the checkpoint has, */
    bool norm_biases;      /* and biases */
    const char *two_sided; /* tokens that see each other in both directions
                              where the layers are causal, in words; NULL:
                              none */
    lln_config_layer *layer;            /* [layers] */
    double *short_factor, *long_factor; /* [factors], of longrope, or NULL */
    size_t factors;
} lln_config;

/* Reads a file; the caller releases it with lln_config_free.
 * Rules for keys (later ones where earlier ones are missing): the dictionary
 * text_config of a model of several kinds; rope_parameters, by layer type or
 * not; the keys of older files; the default of the class (config_family.h).
 * Messages name the file and the key.
 * LLN_EIO; LLN_EFORMAT: not JSON, no model_type, a key of another type than
 * expected; LLN_EUNSUPPORTED: an unknown model_type, rope_type or layer type,
 * for which half of the rules are not in the file; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_config_open(const char *path, lln_config *config);

/* The same of text in memory; messages do not name a file. */
LLN_NODISCARD lln_status lln_config_parse(const char *text, size_t length,
                                          lln_config *config);

void lln_config_free(lln_config *config);

#endif
