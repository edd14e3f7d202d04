/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completes the values of options, from the tables that their parsers use. */
#ifndef LLN_TOOLS_COMPLETE_VALUES_H
#define LLN_TOOLS_COMPLETE_VALUES_H

#include "complete_line.h"

/* Offers values of line->option, other than columns. Numbers have none. */
void complete_value(const complete_line *line);

#endif
