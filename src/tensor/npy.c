/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The format is described in NumPy Enhancement Proposal 1 and numpy.lib.format:
 * magic, version, header length, then a Python dictionary literal padded with
 * spaces, then the data. */
#include "tensor/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NPY_MAGIC "\x93NUMPY"
#define EXPECTED_DTYPE "expected float16, float32 or float64"

enum { MAGIC = 6, VERSION = 2, TEXT = LLN_NPY_DTYPE_TEXT };
enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL_KEYS = 7 };

/* The position of the parser in the header. */
typedef struct {
    const char *start, *at, *end;
} cursor;

/* What the parser found. */
typedef struct {
    lln_npy_header *header;
    unsigned seen; /* keys seen so far */
    bool fortran;
    size_t axes; /* all axes, also those beyond LLN_TENSOR_AXES */
} findings;

static lln_status expected(const cursor *c, const char *what)
{
    return lln_fail(LLN_EFORMAT, "header, byte %zu: expected %s",
                    (size_t)(c->at - c->start), what);
}

static bool next_is(cursor *c, char wanted)
{
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
        c->at++;
    return c->at < c->end && *c->at == wanted;
}

static bool accept_char(cursor *c, char wanted)
{
    bool found = next_is(c, wanted);
    c->at += found;
    return found;
}

static bool accept_word(cursor *c, const char *word)
{
    size_t length = strlen(word);
    bool found = next_is(c, word[0]) && (size_t)(c->end - c->at) >= length &&
                 memcmp(c->at, word, length) == 0;
    c->at += found ? length : 0;
    return found;
}

/* A quoted string of printable ASCII without escapes. */
static lln_status read_string(cursor *c, const char *what, char text[TEXT])
{
    char quote = next_is(c, '"') ? '"' : '\'';
    if (!accept_char(c, quote))
        return expected(c, what);
    size_t length = 0;
    for (; c->at < c->end && *c->at != quote; c->at++) {
        if (length + 1 == TEXT || *c->at < ' ' || *c->at > '~' ||
            *c->at == '\\')
            return expected(c, what);
        text[length++] = *c->at;
    }
    text[length] = '\0';
    return accept_char(c, quote) ? LLN_OK : expected(c, "a closing quote");
}

/* The reason for refusing a dtype of this kind. */
static const char *refusal(char kind)
{
    static const struct {
        char kind;
        const char *reason;
    } reasons[] = {
        {'i', "integers"},
        {'u', "integers"},
        {'b', "booleans"},
        {'?', "booleans"},
        {'S', "text"},
        {'a', "text"},
        {'U', "text"},
        {'M', "dates"},
        {'m', "time spans"},
        {'c', "complex numbers"},
        {'f', "floats of another size"},
        {'V', "raw bytes (bfloat16 is no .npy type)"},
        {'O', "pickled objects are never read"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].kind == kind)
            return reasons[i].reason;
    return "unknown";
}

/* Skips a bracketed Python literal. */
static lln_status skip_brackets(cursor *c)
{
    char quote = '\0';
    size_t depth = 0;
    for (; c->at < c->end; c->at++) {
        char here = *c->at;
        if (quote) {
            c->at += here == '\\' && c->at + 1 < c->end;
            quote = here == quote ? '\0' : quote;
        } else if (here == '\'' || here == '"') {
            quote = here;
        } else if (here == '(' || here == '[') {
            depth++;
        } else if ((here == ')' || here == ']') && --depth == 0) {
            c->at++;
            return LLN_OK;
        }
    }
    return expected(c, "a closing bracket");
}

/* A dtype that is not floating point makes the array unreadable, but parsing
 * continues: the shape may follow. */
static lln_status read_dtype(cursor *c, lln_npy_header *header)
{
    char *text = header->dtype;
    if (next_is(c, '[') || next_is(c, '(')) {
        strcpy(text, "structured");
        strcpy(header->unreadable, "structured dtype; " EXPECTED_DTYPE);
        return skip_brackets(c);
    }
    LLN_TRY(read_string(c, "a dtype such as '<f4'", text));
    bool marked = text[0] && strchr("<>=|", text[0]);
    const char *type = text + marked;
    if (strcmp(type, "f2") == 0)
        header->tensor.dtype = LLN_DTYPE_F16;
    else if (strcmp(type, "f4") == 0)
        header->tensor.dtype = LLN_DTYPE_F32;
    else if (strcmp(type, "f8") == 0)
        header->tensor.dtype = LLN_DTYPE_F64;
    else
        snprintf(header->unreadable, sizeof header->unreadable,
                 "dtype '%s': %s; " EXPECTED_DTYPE, text, refusal(type[0]));
    if (strcmp(type, "b1") == 0 || strcmp(type, "?") == 0)
        header->tensor.dtype = LLN_DTYPE_BOOL;
    bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    header->tensor.swapped = text[0] == (big ? '<' : '>');
    return LLN_OK;
}

static lln_status read_order(cursor *c, bool *fortran)
{
    *fortran = accept_word(c, "True");
    if (!*fortran && !accept_word(c, "False"))
        return expected(c, "True or False");
    return LLN_OK;
}

/* Reads a whole number, optionally with the suffix L of Python 2. */
static lln_status read_size(cursor *c, size_t *size)
{
    (void)next_is(c, '0'); /* skips white space */
    const char *first = c->at;
    *size = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, (size_t)(*c->at - '0'), size))
            return lln_fail(LLN_EFORMAT, "shape: a number too large");
    if (c->at == first)
        return expected(c, "a whole number");
    c->at += c->at < c->end && *c->at == 'L';
    return LLN_OK;
}

static lln_status read_shape(cursor *c, lln_tensor *tensor, size_t *axes)
{
    if (!accept_char(c, '('))
        return expected(c, "a tuple such as (512, 64)");
    for (*axes = 0; !accept_char(c, ')'); ++*axes) {
        size_t size;
        LLN_TRY(read_size(c, &size));
        if (*axes < LLN_TENSOR_AXES)
            tensor->shape[tensor->axes++] = size;
        /* (5) is a number in Python, (5,) a tuple. */
        if (!accept_char(c, ',') && (*axes == 0 || !next_is(c, ')')))
            return expected(c, "','");
    }
    return LLN_OK;
}

static lln_status read_entry(cursor *c, findings *found)
{
    static const char *keys[] = {"descr", "fortran_order", "shape"};
    char key[TEXT];
    LLN_TRY(read_string(c, "a key in quotes", key));
    unsigned bit = 0;
    for (int i = 0; i < 3; i++)
        bit |= strcmp(key, keys[i]) == 0 ? 1u << i : 0;
    if (bit == 0 || found->seen & bit)
        return lln_fail(LLN_EFORMAT,
                        "header: key '%s' %s; expected 'descr', "
                        "'fortran_order' and 'shape'",
                        key, bit ? "twice" : "unknown");
    found->seen |= bit;
    if (!accept_char(c, ':'))
        return expected(c, "':'");
    return bit == DESCR   ? read_dtype(c, found->header)
           : bit == ORDER ? read_order(c, &found->fortran)
                          : read_shape(c, &found->header->tensor, &found->axes);
}

static lln_status read_dictionary(cursor *c, findings *found)
{
    if (!accept_char(c, '{'))
        return expected(c, "'{'");
    while (!accept_char(c, '}')) {
        LLN_TRY(read_entry(c, found));
        if (!accept_char(c, ',') && !next_is(c, '}'))
            return expected(c, "',' or '}'");
    }
    (void)next_is(c, '\n');
    if (c->at != c->end)
        return expected(c, "nothing after '}'");
    if (found->seen != ALL_KEYS)
        return lln_fail(LLN_EFORMAT, "header: no key '%s'",
                        !(found->seen & DESCR)   ? "descr"
                        : !(found->seen & ORDER) ? "fortran_order"
                                                 : "shape");
    return LLN_OK;
}

lln_status lln_npy_header_size(const unsigned char *bytes, size_t size,
                               size_t *start, size_t *end)
{
    if (size < MAGIC || memcmp(bytes, NPY_MAGIC, MAGIC) != 0)
        return lln_fail(LLN_EFORMAT, "not a .npy file");
    if (size < LLN_NPY_PREFIX)
        return lln_fail(LLN_EFORMAT, "truncated in the header");
    unsigned major = bytes[MAGIC], minor = bytes[MAGIC + 1];
    if (major < 1 || major > 3 || minor != 0)
        return lln_fail(LLN_EFORMAT,
                        ".npy version %u.%u; expected 1.0, 2.0 or 3.0", major,
                        minor);
    size_t digits = major == 1 ? 2 : 4, length = 0;
    for (size_t i = digits; i-- > 0;)
        length = length << 8 | bytes[MAGIC + VERSION + i];
    *start = MAGIC + VERSION + digits;
    *end = *start + length;
    if (length <= size - *start)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "truncated: %zu bytes of header, expected %zu",
                    size - *start, length);
}

/* An array with too many axes, or without elements, is unreadable. */
static lln_status check_shape(findings *found)
{
    lln_npy_header *header = found->header;
    lln_status status = LLN_OK;
    if (header->unreadable[0]) {
        if (found->axes > LLN_TENSOR_AXES ||
            lln_tensor_bytes(&header->tensor, &header->bytes) != LLN_OK)
            header->tensor.dtype = 0; /* booleans that are no array of ours */
        return LLN_OK;
    }
    if (found->axes > LLN_TENSOR_AXES)
        snprintf(header->unreadable, sizeof header->unreadable,
                 "more than %d axes", LLN_TENSOR_AXES);
    else
        status = lln_tensor_bytes(&header->tensor, &header->bytes);
    if (status != LLN_EUNDEFINED)
        return status;
    snprintf(header->unreadable, sizeof header->unreadable, "%s",
             lln_error_message());
    return LLN_OK;
}

lln_status lln_npy_read_header(const unsigned char *bytes, size_t size,
                               lln_npy_header *header)
{
    size_t start = 0, end = 0;
    LLN_TRY(lln_npy_header_size(bytes, size, &start, &end));
    const char *text = (const char *)bytes + start;
    cursor c = {text, text, text + (end - start)};
    *header = (lln_npy_header){.size = end};
    findings found = {.header = header};
    LLN_TRY(read_dictionary(&c, &found));
    LLN_TRY(check_shape(&found));
    lln_tensor_set_strides(&header->tensor, found.fortran);
    return LLN_OK;
}

lln_status lln_npy_check_size(const lln_npy_header *header, size_t available)
{
    if (available == header->bytes || header->unreadable[0])
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%s: %zu bytes of data, expected %zu",
                    available < header->bytes ? "truncated" : "trailing bytes",
                    available, header->bytes);
}

void lln_npy_check_flags(lln_npy_header *header, size_t available)
{
    if (header->tensor.dtype == LLN_DTYPE_BOOL && available != header->bytes)
        header->tensor.dtype = 0;
}

lln_status lln_npy_describe(const lln_mapping *file, size_t place, size_t size,
                            lln_npy_header *header)
{
    unsigned char prefix[LLN_NPY_PREFIX];
    const unsigned char *bytes;
    size_t start = 0, end = 0;
    LLN_TRY(lln_mapping_read(
        file, place, size < sizeof prefix ? size : sizeof prefix, prefix));
    LLN_TRY(lln_npy_header_size(prefix, size, &start, &end));
    end = end > sizeof prefix ? end : sizeof prefix;
    LLN_TRY(lln_mapping_get(file, place, end, &bytes));
    lln_status status = lln_npy_read_header(bytes, end, header);
    lln_mapping_put(file, bytes);
    LLN_TRY(status);
    LLN_TRY(lln_npy_check_size(header, size - header->size));
    lln_npy_check_flags(header, size - header->size);
    lln_tensor_locate(&header->tensor, file, place + header->size);
    return LLN_OK;
}

static lln_status list_array(lln_container *container)
{
    const lln_mapping *file = &container->mapping;
    lln_npy_header header;
    LLN_TRY(lln_npy_describe(file, 0, file->size, &header));
    return lln_container_add(container, "", header.dtype, header.unreadable,
                             &header.tensor);
}

static size_t claim_length(const lln_mapping *file)
{
    lln_npy_header header;
    size_t start, end = 0;
    lln_status status =
        lln_npy_header_size(file->bytes, SIZE_MAX, &start, &end);
    if (status != LLN_OK || end > file->size)
        return end;
    status = lln_npy_read_header(file->bytes, file->size, &header);
    if (status != LLN_OK)
        return 0;
    return header.size + header.bytes;
}

const lln_format lln_npy_format = {
    .magic = {NPY_MAGIC},
    .without_key = "a .npy file contains one array without a name",
    .claim = claim_length,
    .list = list_array,
};
