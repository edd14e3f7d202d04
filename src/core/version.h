/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The version of the library and the tools, as NEWS states it. */
#ifndef LLN_CORE_VERSION_H
#define LLN_CORE_VERSION_H

#define LLN_VERSION "0.1.0"
#define LLN_YEAR "2026" /* of the last change */

/* LLN_VERSION of the library that the program runs with. */
const char *lln_version(void);

#endif
