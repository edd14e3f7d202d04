/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON text in files that are not trusted. */
#ifndef LLN_TENSOR_JSON_H
#define LLN_TENSOR_JSON_H

#include <jansson.h>

#include "core/status.h"

/* Parses `length` bytes of text; the caller releases *json with json_decref.
 * `what` ("header") stands in front of messages.
 * LLN_EFORMAT: it is not JSON, a key is there twice, or it has so many
 * brackets and commas that it would take far more memory than it is long. */
LLN_NODISCARD lln_status lln_json_parse(const char *text, size_t length,
                                        const char *what, json_t **json);

#endif
