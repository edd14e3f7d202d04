/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads read from arrays in files. */
#ifndef LLN_HEADS_FILES_H
#define LLN_HEADS_FILES_H

#include "heads/heads.h"
#include "heads/lengths.h"
#include "heads/split.h"

/* What is known of the arrays of a model; zeroed: nothing. */
typedef struct {
    size_t heads, key_heads, head_dim; /* features of one of `heads` */
    lln_fused fused;     /* order of queries, keys and values in one array, in
                            place of that by its name */
    const bool *without; /* [layers]: layers that are not to be read; NULL: all
                            are */
    size_t layers;
} lln_model_arrays;

/* A FILE:KEY names one array of FILE; a KEY with {layer} or {head} in it
 * is a pattern for several, as are key_q, key_k and key_v. What names nothing
 * is chosen by lln_bundles_open. */
typedef struct {
    const char *file;     /* holds all; NULL: they are in q, k and v */
    const char *q, *k;    /* FILE or FILE:KEY */
    const char *v;        /* likewise; NULL: values are not read */
    bool values;          /* read them from `file` too */
    bool values_optional; /* if there are any that nobody named */
    bool unchecked;       /* numbers are not looked at */
    const char *key_q, *key_k, *key_v;
    const char *name;   /* the source of the heads; NULL: the file of queries */
    const char *layout; /* nd hnd nhd lhnd bhnd bnhd ... (see layout.h); NULL:
                           nd, and an array with more axes is an error; nD
                           and bnD with split_heads */
    const char *split_heads; /* "H" or "H:HK": heads side by side (split.h);
                                NULL: none are */
    const char *fused; /* "qkv" or "head-qkv": arrays of `file` hold queries,
                          keys and values, named by key_q; NULL: by names */
    lln_model_arrays model;     /* layout, split_heads and fused win */
    const char *layers, *heads; /* selections such as "0-3,7"; NULL: all */
    const lln_lengths *lengths; /* are copied; NULL: nothing is padding */
    lln_logit_rule rule;
} lln_files;

/* Opens the files and checks them wholly before anything is computed: shapes
 * against each other and the layout, every selected number finite. If shapes
 * contradict each other the message says which layouts would not.
 * Heads are ordered by batch, layer, head. Layers and heads are counted along
 * the axes of an array, or have the numbers in the keys of several. Fewer key
 * heads than query heads is grouped-query attention: key head = query head /
 * (query heads / key heads), which must divide.
 * Tokens that the lengths leave out of a batch entry are not in a head, so that
 * nothing knows of them; loading a head without tokens is LLN_EUNDEFINED. A
 * batch entry b is named in the source as FILE[b]. Arrays are read again when
 * heads are loaded; a head at a time, a layer at a time if layers are arrays of
 * their own. LLN_EINVAL: a layout, selection or pattern that is not well
 * written; LLN_EIO: the system; LLN_EFORMAT: what is in the files does not fit.
 */
LLN_NODISCARD lln_status lln_files_open(const lln_files *files,
                                        lln_heads *heads);

/* Splits FILE:KEY where FILE exists, or is "-"; *key is NULL if there is none.
 * The caller frees both. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_files_split(const char *text, char **path,
                                         char **key);

#endif
