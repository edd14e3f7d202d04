/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The methods of lln-match and the options that they follow. */
#ifndef LLN_TOOLS_MATCH_OPTIONS_H
#define LLN_TOOLS_MATCH_OPTIONS_H

#include "match/match.h"

enum { MATCH_METHODS = 16 };

/* Methods in the order given. */
typedef struct {
    const lln_match_method *items[MATCH_METHODS];
    size_t count;
} match_methods;

/* Values of options, as given. */
typedef struct {
    double balance, largest;
    const char *range, *second;
} match_settings;

/* The values of --second, ended by NULL. */
extern const char *const match_seconds[];

/* Reads "paper,measured" or "all", which selects methods that need eigenvalues
 * only if `spectrum` is set. Ends the process on bad usage. */
match_methods match_methods_read(const char *text, bool spectrum);

/* Reads the options of methods. Ends the process on bad usage. */
lln_match_options match_options_read(const match_settings *settings);

/* Refuses options that no method uses, and --balance beside a method that
 * cannot follow it. Ends the process on bad usage. */
void match_options_check(const match_methods *methods);

#endif
