/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --show-config: a table of what each layer does, and where that is from. */
#ifndef LLN_TOOLS_CONFIG_SHOW_H
#define LLN_TOOLS_CONFIG_SHOW_H

/* Prints the table of the configuration that config_read read; returns the
 * exit status for main. */
int config_show(void);

#endif
