/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of logits that options ask for, by layer. */
#ifndef LLN_HEADS_RULES_H
#define LLN_HEADS_RULES_H

#include "heads/by_layer.h"
#include "heads/documents.h"
#include "heads/kernel_arrays.h"
#include "heads/mask_file.h"
#include "heads/positions.h"
#include "heads/rule_text.h"

/* Arrays of --arrays that rules take. */
typedef enum {
    LLN_RULE_ARRAY_BIAS,
    LLN_RULE_ARRAY_SLOPES,
    LLN_RULE_ARRAY_SINK,
    LLN_RULE_ARRAYS
} lln_rule_array_kind;

extern const char *const lln_rule_array_names[LLN_RULE_ARRAYS];

/* The values of options; NULL: not given. */
typedef struct {
    const char *value[LLN_RULE_OPTIONS]; /* by layer, see by_layer.h */
    bool causal, top;                    /* top: from the first key */
    const lln_document_list *documents;  /* NULL: one text */
    const char *mask;                    /* FILE[:KEY] */
    const char *positions;               /* as positions.h reads them, or
                                            restart, which needs documents */
    const char *arrays; /* NAME=FILE[:KEY],... of lln_rule_array_names */
    bool sampled;       /* heads have no layers and no numbers in a model */
    bool selected;      /* a model may have more heads than the set */
    size_t heads;       /* of the model; 0: not known */
    bool unchecked;     /* do not look at the numbers of masks and biases */
} lln_rule_options;

typedef struct {
    lln_by_layer value[LLN_RULE_OPTIONS];
    bool causal, top;
    const lln_document_list *documents;
    lln_mask_file *mask;       /* NULL: none */
    lln_kernel_arrays *arrays; /* NULL: none */
    lln_positions positions;   /* for ALiBi, if some were given */
} lln_rules;

/* Reads the options, but opens no file. LLN_EINVAL: a value that is not well
 * written, or options or arrays that contradict each other, have no effect or
 * need another one; the message begins with the option. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_rules_check(const lln_rule_options *options);

/* Which parts some layer asks for; `rule` is no rule of a head, but one for
 * lln_rule_find_refused. Of options that lln_rules_check accepts; documents
 * count as given if `has_documents`. */
LLN_NODISCARD lln_status lln_rules_asked(const lln_rule_options *options,
                                         bool has_documents,
                                         lln_logit_rule *rule);

/* Whether the rules of two layers may differ. */
bool lln_rules_differ(const lln_rule_options *options);

/* Whether a layer has ALiBi, which uses positions. */
bool lln_rules_have_alibi(const lln_rule_options *options);

/* The same as lln_rules_check, and opens the files; lln_rules_close releases
 * what it fills, after failures too. Also the statuses of lln_positions_read,
 * lln_kernel_arrays_open and lln_mask_file_open. */
LLN_NODISCARD lln_status lln_rules_open(const lln_rule_options *options,
                                        lln_rules *rules);

void lln_rules_close(lln_rules *rules);

/* The values of a layer; -1: of heads without one. LLN_EINVAL. */
LLN_NODISCARD lln_status lln_rules_find(const lln_rules *rules, long layer,
                                        lln_rule_values *values);

#endif
