/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The maps of queries and keys that options ask for, by layer: what models do
 * between their projections and the logits. */
#ifndef LLN_HEADS_MAPS_H
#define LLN_HEADS_MAPS_H

#include "heads/by_layer.h"
#include "heads/documents.h"
#include "heads/map_arrays.h"
#include "heads/positions.h"

/* The values of options; NULL: not given. The first four have values by layer
 * (by_layer.h), as clip.h, qk_norm.h, rope_text.h and query_scale.h read them.
 */
typedef struct {
    const char *clip, *norm, *rope, *query_scale;
    const char *positions; /* as positions.h reads them, or "restart" */
    bool positions_used;   /* by a bias, so that no map needs them */
    bool documents_given;
    const lln_document_list *documents; /* for restart; NULL: not read yet */
    bool norm_left_out; /* its weights may be given, without use */
    bool of_model;      /* rope may have sections without use */
    const char *arrays; /* NAME=FILE[:KEY],... of lln_map_array_names */
    /* Divisors of longrope that a configuration lists, [divisor_count] each,
     * where `arrays` has none; NULL: not given. They must live as long as the
     * maps. */
    const double *short_divisors, *long_divisors;
    size_t divisor_count;
} lln_map_options;

typedef struct {
    lln_by_layer clip, norm, rope, query_scale;
    lln_positions positions;
    lln_kernel_arrays *arrays; /* NULL: none */
    bool across_heads;         /* a norm is over all heads of a layer */
    const double *divisors[2]; /* short and long ones of the options */
    size_t divisor_count;
} lln_maps;

/* Whether an option asks for a map. */
bool lln_maps_given(const lln_map_options *options);

/* Whether a norm of well written options is over all heads of a layer. */
bool lln_maps_are_across(const lln_map_options *options);

/* Reads the options, but opens no file. LLN_EINVAL: a value that is not well
 * written, or an option or array that has no effect, or lacks another one; the
 * message begins with the option. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_maps_check(const lln_map_options *options);

/* The same, and opens the files of positions and arrays; lln_maps_close
 * releases what it fills, after failures too. Statuses are those above, and
 * those of lln_positions_read and lln_kernel_arrays_open. */
LLN_NODISCARD lln_status lln_maps_open(const lln_map_options *options,
                                       lln_maps *maps);

void lln_maps_close(lln_maps *maps);

#endif
