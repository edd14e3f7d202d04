/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Words for parameters: a part of a name between dots or slashes, or its end
 * after an underscore. */
static const char *const parameters[] = {
    "weight",  "weights", "bias",   "kernel", "lora_A", "lora_B",
    "qweight", "qzeros",  "scales", "g_idx",  NULL};

/* Complete parts of a name, as in TransformerLens and others. */
static const char *const matrices[] = {"W_Q", "W_K", "W_V", "b_Q", "b_K",
                                       "b_V", "b_q", "b_k", "b_v", NULL};

/* Complete parts of a name too. They also name linear layers, whose outputs
 * have three axes. */
static const char *const layers[] = {"w_q", "w_k", "w_v", "W_q",
                                     "W_k", "W_v", NULL};

/* A longer word precedes the words that are part of it. */
static const struct {
    const char *word;
    lln_fused fused;
} fused_words[] = {
    {"query_key_value", LLN_FUSED_HEAD_QKV}, /* GPT-NeoX, BLOOM, Falcon */
    {"linear_qkv", LLN_FUSED_HEAD_QKV},      /* Megatron */
    {"wqkv", LLN_FUSED_HEAD_QKV},            /* InternLM2 */
    {"Wqkv", LLN_FUSED_QKV},                 /* MPT, flash-attn */
    {"W_pack", LLN_FUSED_QKV},               /* Baichuan */
    {"c_attn", LLN_FUSED_QKV},               /* GPT-2, Qwen */
    {"qkv", LLN_FUSED_QKV},                  /* timm; qkv_proj of Phi-3 */
    {"QKV", LLN_FUSED_QKV},
};

/* A part of a name: bytes first ... end - 1. */
typedef struct {
    const char *first, *end;
} name_part;

/* The part that begins at `from`. */
static name_part part_at(const char *from)
{
    return (name_part){from, from + strcspn(from, "./:")};
}

static bool is_word(name_part part, const char *word)
{
    size_t length = (size_t)(part.end - part.first);
    return strlen(word) == length && strncmp(part.first, word, length) == 0;
}

/* Whether the part equals the word, or ends in it after an underscore. */
static bool ends_in(name_part part, const char *word)
{
    size_t length = strlen(word), whole = (size_t)(part.end - part.first);
    if (whole <= length)
        return is_word(part, word);
    return part.end[-(long)length - 1] == '_' &&
           strncmp(part.end - length, word, length) == 0;
}

static bool is_one_of(name_part part, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        if (is_word(part, list[i]))
            return true;
    return false;
}

bool lln_words_weight(const char *name, bool batch)
{
    for (const char *from = name;; from = part_at(from).end + 1) {
        name_part part = part_at(from);
        for (size_t i = 0; parameters[i]; i++)
            if (ends_in(part, parameters[i]))
                return true;
        if (is_one_of(part, matrices) || (!batch && is_one_of(part, layers)))
            return true;
        if (*part.end == '\0')
            return false;
    }
}

/* Finds the word in the name where no letter or digit precedes it and no letter
 * follows; digits may follow, as in qkv0. */
static const char *find_word(const char *name, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(name, word); at; at = strstr(at + 1, word))
        if ((at == name || !isalnum((unsigned char)at[-1])) &&
            !isalpha((unsigned char)at[length]))
            return at;
    return NULL;
}

/* Whether a part of the name after `at` is a word for one role, as in
 * attn.qkv.q. */
static bool has_role(const char *at)
{
    static const char *const roles[] = {"q", "k",     "v",   "Q",     "K",
                                        "V", "query", "key", "value", NULL};
    for (; *at; at += *at != '\0') {
        at += strcspn(at, "./:_");
        for (size_t i = 0; *at && roles[i]; i++)
            if (find_word(at, roles[i]) == at + 1)
                return true;
    }
    return false;
}

const char *lln_words_fused(const char *name, size_t *length, lln_fused *fused)
{
    for (size_t i = 0; i < sizeof fused_words / sizeof *fused_words; i++) {
        const char *at = find_word(name, fused_words[i].word);
        if (at && !has_role(at + strlen(fused_words[i].word))) {
            *length = strlen(fused_words[i].word);
            *fused = fused_words[i].fused;
            return at;
        }
    }
    return NULL;
}

bool lln_words_attention(const char *name)
{
    static const char *const kinds[] = {"attn",
                                        "attns",
                                        "attention",
                                        "attentions",
                                        "weights",
                                        "probs",
                                        "probabilities",
                                        "pattern",
                                        "A",
                                        "P",
                                        "p",
                                        NULL};
    const char *end = name + strlen(name);
    while (end > name && !isalpha((unsigned char)end[-1]))
        end--;
    const char *first = end;
    while (first > name && isalpha((unsigned char)first[-1]))
        first--;
    return is_one_of((name_part){first, end}, kinds);
}

/* The letters directly before the digits at `at`. */
static name_part glued_word(const char *name, const char *at)
{
    while (at > name && isdigit((unsigned char)at[-1]))
        at--;
    name_part word = {at, at};
    while (word.first > name && isalpha((unsigned char)word.first[-1]))
        word.first--;
    return word;
}

bool lln_words_numbers(const char *name, const char *at)
{
    static const char *const kinds[] = {"attn", "attention", "attentions",
                                        "mha"};
    name_part word = glued_word(name, at);
    size_t whole = (size_t)(word.end - word.first);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i]);
        if (whole >= length &&
            strncasecmp(word.end - length, kinds[i], length) == 0)
            return false;
    }
    return true;
}

bool lln_words_layer(const char *name, const char *at)
{
    static const char *const words[] = {
        "l",  "layer", "layers", "block",   "blocks", "blk",
        "h",  "q",     "query",  "queries", "k",      "key",
        "xq", "wq",    "step",   "qkv",     NULL};
    name_part word = glued_word(name, at);
    size_t length = (size_t)(word.end - word.first);
    for (size_t i = 0; words[i] && length > 0; i++)
        if (strlen(words[i]) == length &&
            strncasecmp(word.first, words[i], length) == 0)
            return true;
    return length == 0;
}
