/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A set of heads that is read from arrays in files. */
#ifndef LLN_HEADS_FILES_H
#define LLN_HEADS_FILES_H

#include "heads/heads.h"
#include "heads/lengths.h"
#include "heads/model.h"

/* FILE:KEY names one array of FILE. A KEY with {layer} or {head} in it is a
 * pattern that matches several arrays; so are key_q, key_k and key_v. Arrays
 * that the user did not name are chosen by lln_bundles_open. */
typedef struct {
    const char *file;     /* contains all arrays; NULL: q, k and v do */
    const char *q, *k;    /* FILE or FILE:KEY */
    const char *v;        /* FILE or FILE:KEY; NULL: values are not read */
    bool values;          /* read them from `file` too */
    bool values_optional; /* it is no error if `file` has none */
    bool unchecked;       /* values are not checked to be finite */
    bool stored;          /* arrays of `file`, named by key_q, contain
                             attention weights (heads/stored.h) */
    const char *key_q, *key_k, *key_v;
    const char *name;   /* source of the heads; NULL: the file of the queries */
    const char *layout; /* nd hnd nhd lhnd bhnd bnhd ... (see layout.h); NULL:
                           nd, and an array with more axes is an error; with
                           split_heads nD or bnD */
    const char *split_heads; /* "H" or "H:HK": heads are side by side (split.h);
                                NULL: they are not */
    /* "qkv" or "head-qkv": arrays of `file`, named by key_q, contain queries,
     * keys and values; NULL: decided by names. */
    const char *fused;
    lln_model_arrays model;     /* layout, split_heads and fused win */
    const char *layers, *heads; /* selections such as "0-3,7"; NULL: all */
    const lln_lengths *lengths; /* copied; NULL: there is no padding */
    const char *shared_keys;    /* k_rope=FILE[:KEY], features of keys that all
                                   heads share (shared_keys.h); NULL: none */
    lln_logit_rule rule;
} lln_files;

/* Opens the files and checks them before anything is computed: the shapes
 * against each other and against the layout, and every selected value, which
 * must be finite. If the shapes contradict each other, the message says which
 * layouts would fit.
 * Heads are ordered by batch entry, layer and head. Layers and heads are
 * numbered along the axes of an array, or by the numbers in the keys of several
 * arrays. If there are fewer key heads than query heads (grouped-query
 * attention), key head = query head / (query heads / key heads), and the number
 * of key heads must divide the number of query heads.
 * Tokens that the lengths leave out are not part of a head, so that no result
 * depends on them. Loading a head without tokens is LLN_EUNDEFINED. The source
 * of batch entry b is FILE[b]. Arrays are read again when heads are loaded: one
 * head at a time, or one layer at a time if each layer has its own array.
 * Heads of attention weights have `stored` in place of values, which are not
 * copied, and rule.mask.causal if these are causal. They have no split_heads,
 * no fused arrays, no values and no temperature to be given. LLN_EINVAL: a
 * layout, selection or pattern is malformed; LLN_EIO: the system refused to
 * read; LLN_EFORMAT: the contents of the files do not fit. */
LLN_NODISCARD lln_status lln_files_open(const lln_files *files,
                                        lln_heads *heads);

/* Splits FILE:KEY at the colon before which FILE exists or is "-". *key is NULL
 * if there is no key. The caller frees both. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_files_split(const char *text, char **path,
                                         char **key);

#endif
