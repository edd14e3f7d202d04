/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What signals do: the first one asks the command to stop, and a command that
 * a signal stopped ends by it, so that the shell that started it stops too. */
#ifndef LLN_TOOLS_SIGNALS_H
#define LLN_TOOLS_SIGNALS_H

/* Makes SIGINT, SIGTERM and SIGHUP set lln_stop_requested to their number, for
 * a command that looks at it; a second one ends the process. One that the
 * caller of the process ignores stays ignored. */
void signals_catch(void);

/* Gives these signals their default action again. If one of them has asked the
 * command to stop, the process ends by it here. */
void signals_release(void);

/* Ends the process by the signal that asked it to stop. */
__attribute__((noreturn)) void signals_end_process(void);

/* Sets what a signal that ends the process calls first; it must be safe in a
 * handler. Until signals_catch all signals call it that end a process by
 * default. */
void signals_call_at_end(void (*clean)(void));

#endif
