/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of the command line, to be printed. */
#ifndef LLN_TOOLS_COMMAND_WORDS_H
#define LLN_TOOLS_COMMAND_WORDS_H

#include <stdio.h>

#include "cli.h"

/* Keeps the command line and the table of shared options, which must live until
 * the process ends. Ends the process when out of memory. */
void command_words_keep(int argc, char **argv, const cli_option *shared);

/* Notes that words first .. end - 1 are the option, with its value. */
void command_words_own(const cli_option *option, int first, int end);

/* Writes the command line, quoted for a shell, as one line of valid UTF-8:
 * control characters except the tab become '?'. --resume is omitted: a
 * completed output is the same as without it. */
void command_words_print(FILE *out);

/* Writes a command of a tool about the same heads in the same form: with the
 * operand `file`, in place of the one that names it (all operands if none
 * does), and the shared options of this command, except for those in `without`,
 * which ends with NULL. */
void command_words_print_related(FILE *out, const char *tool, const char *file,
                                 const char *const *without);

#endif
