/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completion of command lines: what shells ask a tool, and its answer.
 *
 * A shell starts the tool of the line with a hidden first argument:
 *
 *     lln-x --complete -- WORD...
 *
 * The words are those after the name of the tool, without the quotes of the
 * shell, up to the cursor. The last one, which may be empty, is the one to
 * complete. The answer is on standard output, one line each:
 *
 *     CANDIDATE<TAB>DESCRIPTION   a text that can replace the last word; it
 *                                 begins with it. <TAB>DESCRIPTION is optional.
 *     :files PREFIX               names of files, after PREFIX, which may be
 *                                 empty and begins the last word, such as
 *                                 "--mask=" in "--mask=da"
 *     :nospace                    before the first candidate: the word may
 *                                 continue after it, so no space follows
 *
 * A candidate never begins with ':', and no line holds control characters
 * besides the tab. A tool never reads standard input for this, never writes to
 * standard error or to a file, takes at most 2 seconds, and exits with 0;
 * without any candidate it prints nothing. Files in tools/completion/ ask this
 * from bash, zsh and fish. */
#ifndef LLN_TOOLS_COMPLETE_H
#define LLN_TOOLS_COMPLETE_H

#include "cli.h"

/* Whether the command line is such a question. */
bool complete_asked(int argc, char **argv);

/* Answers it and ends the process. It returns only in a process of its own in
 * which the command goes on with other arguments, up to its columns
 * (complete_columns.h). */
void complete_answer(const cli_tool *tool, int *argc, char ***argv);

#endif
