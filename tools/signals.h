/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signal handling. The first signal asks the command to stop. The process then
 * ends by this signal, so that the shell that started it stops too. */
#ifndef LLN_TOOLS_SIGNALS_H
#define LLN_TOOLS_SIGNALS_H

/* Makes SIGINT, SIGTERM and SIGHUP set lln_stop_requested to their number,
 * which the command must check; a second signal ends the process. A signal that
 * the caller of the process ignores stays ignored. */
void signals_catch(void);

/* Restores the default action of these signals. If one of them has asked the
 * command to stop, the process ends by it here. */
void signals_release(void);

/* Ends the process by the signal that asked it to stop. */
__attribute__((noreturn)) void signals_end_process(void);

/* Sets a function that is called before a signal ends the process; it must be
 * safe in a signal handler. Until signals_catch is called, it is called for all
 * signals that end a process by default. */
void signals_call_at_end(void (*clean)(void));

#endif
