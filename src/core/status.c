/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/status.h"

#include <gsl/gsl_errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[LLN_MESSAGE];

/* When the library is loaded: GSL's own handler would end the process at an
 * error that the library reports as a status. */
__attribute__((constructor)) static void disable_gsl_handler(void)
{
    gsl_set_error_handler_off();
}

bool lln_status_is_local(lln_status status)
{
    return status == LLN_EUNDEFINED || status == LLN_EINVAL ||
           status == LLN_ENOCONV || status == LLN_ETOOBIG;
}

lln_status lln_fail(lln_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return status;
}

lln_status lln_fail_in(lln_status status, const char *place)
{
    char inner[sizeof message];
    memcpy(inner, message, sizeof inner);
    return lln_fail(status, "%s: %s", place, inner);
}

const char *lln_error_message(void)
{
    return message;
}
