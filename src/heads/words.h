/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Classifies arrays by the words in their names: weights of a model, which are
 * not data of tokens; arrays that contain queries, keys and values; numbers
 * that are not layers. */
#ifndef LLN_HEADS_WORDS_H
#define LLN_HEADS_WORDS_H

#include "heads/split.h"

/* Whether the name is that of a parameter of a model: q_proj.weight,
 * query.bias, attn.W_Q, to_q.lora_A.default, in_proj_weight. w_q is a parameter
 * too, unless the array has more than two axes (`batch`), like the output of a
 * layer of this name. */
bool lln_words_weight(const char *name, bool batch);

/* Finds in a name a word such as qkv or c_attn, which means that the array
 * contains queries, keys and values; NULL: there is none. *length is its
 * length, *fused the usual order of features under that word. */
const char *lln_words_fused(const char *name, size_t *length, lln_fused *fused);

/* Whether the last word of a name means attention weights: attentions.3,
 * layers.3.attn, attn_weights, hook_pattern, P. */
bool lln_words_attention(const char *name);

/* Whether digits at `at` in a name may be the number of a layer or head. Those
 * of attn1 and attn2, which are kinds of attention, are not. */
bool lln_words_numbers(const char *name, const char *at);

/* Whether the only number in a name is that of a layer. It is not if it
 * directly follows a word other than layer, block, q and so on (as in gpt2). */
bool lln_words_layer(const char *name, const char *at);

#endif
