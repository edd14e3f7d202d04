/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --blocks: maps of P pooled over blocks of queries and keys. */
#ifndef LLN_TOOLS_BLOCK_MAPS_H
#define LLN_TOOLS_BLOCK_MAPS_H

#include <stddef.h>

extern size_t block_maps_blocks;    /* the value of --blocks; 0: not given */
extern const char *block_maps_pool; /* the value of --pool; NULL: not given */

/* The rows of these options in a table of options. */
#define BLOCK_MAPS_OPTIONS                                                     \
    {"blocks",                                                                 \
     0,                                                                        \
     CLI_COUNT,                                                                \
     "B",                                                                      \
     "write a map of P of B x B blocks of queries and keys instead of the "    \
     "output O",                                                               \
     &block_maps_blocks,                                                       \
     1,                                                                        \
     65536,                                                                    \
     false},                                                                   \
    {                                                                          \
        "pool", 0, CLI_TEXT, "NAME",                                           \
            "with --blocks, what a block shows: mean or max of its entries "   \
            "(mean)",                                                          \
            &block_maps_pool, 0, 0, false                                      \
    }

/* Writes the maps of the heads of the shared options as attend_write does.
 * Returns the exit status for main. */
int block_maps_write(void);

#endif
