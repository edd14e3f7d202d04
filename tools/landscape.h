/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-match --map: LLN attention over a grid of alpha and beta. */
#ifndef LLN_TOOLS_LANDSCAPE_H
#define LLN_TOOLS_LANDSCAPE_H

#include "match_options.h"

/* The values of --map-a and --map-b. */
#define LANDSCAPE_SIDES "0.25:16:13:log"

typedef struct {
    const char *a, *b;            /* lists; NULL: LANDSCAPE_SIDES */
    const match_methods *methods; /* whose points are shown too */
    const lln_match_options *how; /* they are solved */
} landscape_options;

/* Writes the table: for each head and temperature a row for each pair of a and
 * b, and one for each method. Ends the process on bad usage and on failure;
 * returns the exit status for main. */
int landscape_write(const landscape_options *options);

#endif
