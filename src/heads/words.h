/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What words in the names of arrays tell: weights of a model, which are no
 * tokens; arrays that hold queries, keys and values; numbers that are no
 * layers. */
#ifndef LLN_HEADS_WORDS_H
#define LLN_HEADS_WORDS_H

#include "heads/split.h"

/* Whether an array is a parameter of a model by its name: q_proj.weight,
 * query.bias, attn.W_Q, to_q.lora_A.default, in_proj_weight; w_q is one unless
 * it has more than two axes (`batch`), as what a layer of this name returns. */
bool lln_words_weight(const char *name, bool batch);

/* Where in a name a word such as qkv or c_attn stands that tells that the array
 * holds queries, keys and values; NULL: nowhere. Its *length, and the usual
 * order of features under that word. */
const char *lln_words_fused(const char *name, size_t *length, lln_fused *fused);

/* Whether an array holds attention weights by the last word of its name:
 * attentions.3, layers.3.attn, attn_weights, hook_pattern, P. */
bool lln_words_attention(const char *name);

/* Whether digits at `at` in a name may number layers or heads: not those of
 * attn1 and attn2, which are kinds of attention. */
bool lln_words_numbers(const char *name, const char *at);

/* Whether a number that stands alone in a name is that of a layer: it is not
 * glued to a word other than layer, block, q and so on (not gpt2). */
bool lln_words_layer(const char *name, const char *at);

#endif
