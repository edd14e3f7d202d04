/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rule of logits as options write it, for one layer. */
#ifndef LLN_HEADS_RULE_TEXT_H
#define LLN_HEADS_RULE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/settings.h"
#include "core/status.h"

typedef enum {
    LLN_BIAS_NONE,
    LLN_BIAS_FULL,     /* a number for each query and key */
    LLN_BIAS_TOEPLITZ, /* for each distance j - i */
    LLN_BIAS_ALIBI,
    LLN_BIAS_T5
} lln_bias_kind;

typedef struct {
    lln_bias_kind kind;
    double max, factor;       /* of ALiBi: exponents up to max, slopes times
                                 factor */
    bool symmetric;           /* ALiBi that is meant without a causal mask */
    size_t buckets, distance; /* of T5 */
    bool decoder;             /* T5 without buckets for later keys */
} lln_bias_text;

/* The values of one layer. Options that are not given, or `none`, are as in
 * lln_rule_nothing. */
typedef struct {
    double scale;   /* NaN: 1/sqrt(d) */
    double softcap; /* 0: none */
    bool has_sink;
    double sink;
    size_t window, right; /* of lln_mask */
    size_t chunk, prefix; /* 0: none */
    lln_bias_text bias;
} lln_rule_values;

extern const lln_rule_values lln_rule_nothing;

/* Options with values by layer. */
typedef enum {
    LLN_RULE_WINDOW,
    LLN_RULE_CHUNK,
    LLN_RULE_PREFIX,
    LLN_RULE_SOFTCAP,
    LLN_RULE_BIAS,
    LLN_RULE_SINK,
    LLN_RULE_SCALE,
    LLN_RULE_OPTIONS
} lln_rule_option;

/* Their names, without dashes. */
extern const char *const lln_rule_option_names[LLN_RULE_OPTIONS];

/* Reads the value of one of these options, or `none`, into its members:
 *   window  W or L,R: see lln_mask; L and R count the keys beside that of the
 *           query, -1 all of them
 *   chunk, prefix  a whole number
 *   softcap, scale  a number above 0;  sink  any number
 *   bias  full, toeplitz, alibi[:max=X][:factor=X][:symmetric] or
 *         t5:buckets=N:distance=N[:decoder].
 * LLN_EINVAL; the message does not name the option. */
LLN_NODISCARD lln_status lln_rule_value_read(lln_rule_option option,
                                             const char *text,
                                             lln_rule_values *values);

/* The form of the values of --bias. */
extern const lln_setting_form lln_bias_form;

#endif
