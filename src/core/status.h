/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Status codes, and the message of a failure. */
#ifndef LLN_CORE_STATUS_H
#define LLN_CORE_STATUS_H

#include <stdbool.h>

#define LLN_NODISCARD __attribute__((warn_unused_result))

typedef enum {
    LLN_OK = 0,
    LLN_EINVAL,       /* an argument outside its documented range */
    LLN_EUNDEFINED,   /* the quantity is not defined for this input */
    LLN_ENOMEM,       /* out of memory, or a size that overflows */
    LLN_ETOOBIG,      /* would need more memory than is allowed */
    LLN_EIO,          /* the system could not read or write */
    LLN_EFORMAT,      /* the contents of a file are invalid */
    LLN_ENOCONV,      /* an iteration did not converge */
    LLN_EINTERRUPTED, /* the user asked to stop */
    LLN_EUNSUPPORTED, /* not supported by the kernel, for any head */
} lln_status;

/* Whether a failure concerns only the head that was measured, or a kernel on
 * it, so that other heads may succeed: LLN_EINVAL, LLN_EUNDEFINED, LLN_ETOOBIG,
 * LLN_ENOCONV. */
bool lln_status_is_local(lln_status status);

/* Bytes of a message with its final zero; longer ones are truncated. */
enum { LLN_MESSAGE = 1024 };

/* Stores a one-line message for this thread and returns `status`. Form: "file:
 * key 'k': 3 rows, expected 512"; lower case, no full stop. */
__attribute__((format(printf, 2, 3))) lln_status
lln_fail(lln_status status, const char *format, ...);

/* Prepends "place: " to the last message and returns `status`. For callers that
 * know the name of a file when the failed function does not. */
lln_status lln_fail_in(lln_status status, const char *place);

/* The last message stored by this thread; "" if there is none. */
const char *lln_error_message(void);

/* Returns from the calling function if `call` fails. */
#define LLN_TRY(call)                                                          \
    do {                                                                       \
        lln_status lln_try_status = (call);                                    \
        if (lln_try_status != LLN_OK)                                          \
            return lln_try_status;                                             \
    } while (0)

#endif
