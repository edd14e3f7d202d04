/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON text from files that are not trusted. */
#ifndef LLN_TENSOR_JSON_H
#define LLN_TENSOR_JSON_H

#include <jansson.h>

#include "core/status.h"

/* Parses `length` bytes of text. The caller releases *json with json_decref.
 * Messages begin with `what` ("header"). LLN_EFORMAT: the text is not JSON, has
 * a duplicate key, or has so many brackets and commas that parsing it would
 * take far more memory than its length. */
LLN_NODISCARD lln_status lln_json_parse(const char *text, size_t length,
                                        const char *what, json_t **json);

#endif
