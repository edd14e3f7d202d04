/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --config: the configuration of a model in place of options that are not
 * given. */
#ifndef LLN_TOOLS_CONFIG_H
#define LLN_TOOLS_CONFIG_H

#include <stdio.h>

#include "heads/config_option.h"
#include "heads/files.h"
#include "heads/maps.h"

/* Reads the file of --config, merges the options with it and puts the result
 * into run_shared. Ends the process on failure. */
void config_read(void);

/* What was read; NULL: there is no --config. */
const lln_config *config_get(void);

/* Ends the process if arrays are missing that the checkpoint has. */
void config_check_arrays(void);

/* What the configuration says of the arrays of heads, for lln_files. */
lln_model_arrays config_model_arrays(void);

/* Whether a layer has no softmax, so that its heads are not read. */
bool config_leaves_out(long layer);

/* The norms of the configuration, by layer, if --qk-norm was given, which may
 * leave some out; NULL: it was not, or there are none. */
const char *config_norm_left_out(void);

/* Whether the configuration gives the value of an option, in some layer. */
bool config_gives(const char *option);

/* The layers of the configuration with rotary embedding, "0-2,4"; NULL: all
 * with softmax have it. The caller frees it. */
char *config_rope_layers(void);

/* Whether these norms have no weights, or --arrays has them. */
bool config_norm_is_known(void);

/* Adds what the configuration has for maps beside the values of options. */
void config_add_maps(lln_map_options *options);

/* Ends the process if heads are not those of the configuration. */
void config_check_heads(const lln_heads *heads);

/* What was read and is applied, as config_say writes it; NULL: there is no
 * --config. It is kept until the process ends. */
const char *config_text(void);

/* Says on stderr what was read and what is applied; the same for --comments. */
void config_say(void);
void config_comment(FILE *out);

/* Ends the process if the output would replace the file. */
void config_refuse_overwrite(void);

#endif
