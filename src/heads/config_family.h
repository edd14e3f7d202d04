/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the class of a model fixes and its config.json does not say: one row for
 * each model_type. Values are the defaults of Hugging Face transformers. */
#ifndef LLN_HEADS_CONFIG_FAMILY_H
#define LLN_HEADS_CONFIG_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "heads/split.h"

/* Which layers attend within a sliding window or a chunk, where the file has no
 * list layer_types. Layers l are counted from 0. */
typedef enum {
    LLN_LAYERS_FULL,      /* none */
    LLN_LAYERS_ALL,       /* all, if there is a sliding_window */
    LLN_LAYERS_EVEN,      /* even l */
    LLN_LAYERS_PERIOD,    /* all but every sliding_window_pattern-th */
    LLN_LAYERS_FIRST,     /* all but l = 0, N, 2N, ..., N =
                             global_attn_every_n_layers */
    LLN_LAYERS_FLAG,      /* l >= max_window_layers, if use_sliding_window */
    LLN_LAYERS_FLAG_ALL,  /* all, if use_sliding_window */
    LLN_LAYERS_FLAG_EVEN, /* even l below max_window_layers, if
                             use_sliding_window */
    LLN_LAYERS_ROPE,      /* chunks in the layers with rotary embedding */
    LLN_LAYERS_NOPE,      /* those without it, if use_sliding_window */
    LLN_LAYERS_LINEAR /* softmax in every full_attention_interval-th alone */
} lln_family_layers;

/* What logits q.k are multiplied by. */
typedef enum {
    LLN_SCALE_HEAD,       /* 1/sqrt(head_dim) */
    LLN_SCALE_PRE_SCALAR, /* 1/sqrt(query_pre_attn_scalar) */
    LLN_SCALE_MULTIPLIER, /* attention_multiplier */
    LLN_SCALE_ONE,        /* 1 */
    LLN_SCALE_MPT,        /* attn_config.softmax_scale, or as HEAD */
    LLN_SCALE_GPT2,       /* as HEAD, by the keys scale_attn_... */
    LLN_SCALE_LATENT      /* 1/sqrt(qk_nope + qk_rope), times that of YaRN */
} lln_family_scale;

typedef enum {
    LLN_FAMILY_NONE,
    LLN_FAMILY_ALIBI,
    LLN_FAMILY_MPT,    /* ALiBi if attn_config.alibi */
    LLN_FAMILY_FALCON, /* ALiBi over sqrt(head_dim) if alibi, else rotary */
    LLN_FAMILY_T5
} lln_family_bias;

typedef struct {
    const char *model_type;
    const char *rope;     /* pairing: half, pairs; NULL: no rotary embedding */
    double theta;         /* if the file has none */
    double sliding_theta; /* of sliding layers; 0: the same */
    double partial;       /* fraction of channels turned; 0: all */
    const char *dims_key; /* of the number of channels turned; NULL: none */
    size_t dims;          /* and that number, if the key is missing */
    size_t head_dim;      /* if the key is missing; 0: hidden size / heads */
    size_t heads;         /* and key_heads: if the keys are missing; 0: the */
    size_t key_heads;     /* first is an error, the second as many as heads */
    const char *norm;     /* as --qk-norm takes it, without eps; NULL: none */
    const char *norm_key; /* the boolean that turns it on; NULL: always on */
    double norm_eps;      /* if the file has none */
    bool norm_on;         /* if the file has no norm_key */
    bool norm_weights;    /* it has weights, which are in the checkpoint */
    bool norm_biases;     /* and biases */
    lln_family_layers layers;
    lln_fused fused; /* order of queries, keys and values in one array */
    size_t period;   /* of layers, if the file has none */
    double window;   /* if the key is missing; 0: none */
    lln_family_scale scale;
    lln_family_bias bias;
    double pre_scalar;       /* of LLN_SCALE_PRE_SCALAR, if the file has none */
    double positions;        /* max_position_embeddings if the key is missing */
    double original;         /* original_max_position_embeddings, the same; 0:
                                of the scaling, or positions */
    bool softcap;            /* attn_logit_softcapping is applied */
    const char *scaling;     /* of rotary embedding, and */
    const char *query_scale; /* of queries, if the file has no dictionary */
    bool sinks;              /* one learned logit for each head */
    bool two_sided;          /* not causal */
    bool sections;           /* positions of text and images, in sections */
    bool interleaved;        /* the same, pairs take the sections in turn */
    bool rope_sliding;       /* rotary embedding in sliding layers alone */
    bool scaled_full; /* scaling that is not by layer type is for full layers
                         alone */
} lln_config_family;

/* The row of a model_type; NULL: none. */
const lln_config_family *lln_config_family_find(const char *model_type);

#endif
