/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The format is NumPy Enhancement Proposal 1 and numpy.lib.format: magic,
 * version, header length, then a Python dictionary literal padded with
 * spaces, then the numbers. */
#include "tensor/npy.h"

#include <string.h>

#define EXPECTED_DTYPE "expected float16, float32 or float64"

enum { MAGIC = 6, VERSION = 2, TEXT = 32 };
enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL_KEYS = 7 };

/* Where the parser stands in the header. */
typedef struct {
    const char *name; /* of the file, for messages */
    const char *start, *at, *end;
} cursor;

static lln_status expected(const cursor *c, const char *what)
{
    return lln_fail(LLN_EFORMAT, "%s: header, byte %zu: expected %s", c->name,
                    (size_t)(c->at - c->start), what);
}

static bool next_is(cursor *c, char wanted)
{
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
        c->at++;
    return c->at < c->end && *c->at == wanted;
}

static bool accept(cursor *c, char wanted)
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
    if (!accept(c, quote))
        return expected(c, what);
    size_t length = 0;
    for (; c->at < c->end && *c->at != quote; c->at++) {
        if (length + 1 == TEXT || *c->at < ' ' || *c->at > '~' ||
            *c->at == '\\')
            return expected(c, what);
        text[length++] = *c->at;
    }
    text[length] = '\0';
    return accept(c, quote) ? LLN_OK : expected(c, "a closing quote");
}

/* Why a dtype of this kind is refused. */
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

static lln_status read_dtype(cursor *c, lln_tensor *tensor)
{
    char text[TEXT];
    if (next_is(c, '[') || next_is(c, '('))
        return lln_fail(LLN_EFORMAT, "%s: structured dtype; " EXPECTED_DTYPE,
                        c->name);
    LLN_TRY(read_string(c, "a dtype such as '<f4'", text));
    bool marked = text[0] && strchr("<>=|", text[0]);
    const char *type = text + marked;
    if (strcmp(type, "f2") == 0)
        tensor->dtype = LLN_DTYPE_F16;
    else if (strcmp(type, "f4") == 0)
        tensor->dtype = LLN_DTYPE_F32;
    else if (strcmp(type, "f8") == 0)
        tensor->dtype = LLN_DTYPE_F64;
    else
        return lln_fail(LLN_EFORMAT, "%s: dtype '%s': %s; " EXPECTED_DTYPE,
                        c->name, text, refusal(type[0]));
    bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    tensor->swapped = text[0] == (big ? '<' : '>');
    return LLN_OK;
}

static lln_status read_order(cursor *c, bool *fortran)
{
    *fortran = accept_word(c, "True");
    if (!*fortran && !accept_word(c, "False"))
        return expected(c, "True or False");
    return LLN_OK;
}

/* A whole number, perhaps with the suffix L of Python 2. */
static lln_status read_size(cursor *c, size_t *size)
{
    (void)next_is(c, '0'); /* skips white space */
    const char *first = c->at;
    *size = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, (size_t)(*c->at - '0'), size))
            return lln_fail(LLN_EFORMAT, "%s: shape: a number too large",
                            c->name);
    if (c->at == first)
        return expected(c, "a whole number");
    c->at += c->at < c->end && *c->at == 'L';
    return LLN_OK;
}

static lln_status read_shape(cursor *c, lln_tensor *tensor)
{
    if (!accept(c, '('))
        return expected(c, "a tuple such as (512, 64)");
    tensor->axes = 0;
    while (!accept(c, ')')) {
        if (tensor->axes == LLN_TENSOR_AXES)
            return lln_fail(LLN_EFORMAT, "%s: more than %d axes", c->name,
                            LLN_TENSOR_AXES);
        LLN_TRY(read_size(c, &tensor->shape[tensor->axes++]));
        /* (5) is a number in Python, (5,) a tuple. */
        if (!accept(c, ',') && (tensor->axes == 1 || !next_is(c, ')')))
            return expected(c, "','");
    }
    return LLN_OK;
}

static lln_status read_entry(cursor *c, lln_tensor *tensor, bool *fortran,
                             unsigned *seen)
{
    static const char *keys[] = {"descr", "fortran_order", "shape"};
    char key[TEXT];
    LLN_TRY(read_string(c, "a key in quotes", key));
    unsigned bit = 0;
    for (int i = 0; i < 3; i++)
        bit |= strcmp(key, keys[i]) == 0 ? 1u << i : 0;
    if (bit == 0 || *seen & bit)
        return lln_fail(LLN_EFORMAT,
                        "%s: header: key '%s' %s; expected 'descr', "
                        "'fortran_order' and 'shape'",
                        c->name, key, bit ? "twice" : "unknown");
    *seen |= bit;
    if (!accept(c, ':'))
        return expected(c, "':'");
    return bit == DESCR   ? read_dtype(c, tensor)
           : bit == ORDER ? read_order(c, fortran)
                          : read_shape(c, tensor);
}

static lln_status read_dictionary(cursor *c, lln_tensor *tensor, bool *fortran)
{
    unsigned seen = 0;
    if (!accept(c, '{'))
        return expected(c, "'{'");
    while (!accept(c, '}')) {
        LLN_TRY(read_entry(c, tensor, fortran, &seen));
        if (!accept(c, ',') && !next_is(c, '}'))
            return expected(c, "',' or '}'");
    }
    (void)next_is(c, '\n');
    if (c->at != c->end)
        return expected(c, "nothing after '}'");
    if (seen != ALL_KEYS)
        return lln_fail(LLN_EFORMAT, "%s: header: no key '%s'", c->name,
                        !(seen & DESCR)   ? "descr"
                        : !(seen & ORDER) ? "fortran_order"
                                          : "shape");
    return LLN_OK;
}

/* Where the dictionary begins and ends in the file. */
static lln_status find_header(const char *name, const unsigned char *bytes,
                              size_t size, cursor *c)
{
    if (size < MAGIC || memcmp(bytes, "\x93NUMPY", MAGIC) != 0)
        return lln_fail(LLN_EFORMAT, "%s: not a .npy file", name);
    if (size < MAGIC + VERSION + 4)
        return lln_fail(LLN_EFORMAT, "%s: truncated in the header", name);
    unsigned major = bytes[MAGIC], minor = bytes[MAGIC + 1];
    if (major < 1 || major > 3 || minor != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: .npy version %u.%u; expected 1.0, 2.0 or 3.0",
                        name, major, minor);
    size_t digits = major == 1 ? 2 : 4, length = 0;
    for (size_t i = digits; i-- > 0;)
        length = length << 8 | bytes[MAGIC + VERSION + i];
    size_t start = MAGIC + VERSION + digits;
    if (length > size - start)
        return lln_fail(LLN_EFORMAT,
                        "%s: truncated: %zu bytes of header, expected %zu",
                        name, size - start, length);
    const char *text = (const char *)bytes + start;
    *c = (cursor){name, text, text, text + length};
    return LLN_OK;
}

/* The data must be exactly as long as dtype and shape say. */
static lln_status check_size(const char *name, const lln_tensor *tensor,
                             size_t available)
{
    size_t bytes = lln_dtype_size(tensor->dtype);
    char shape[200];
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    for (size_t a = 0; a < tensor->axes; a++)
        if (tensor->shape[a] == 0)
            return lln_fail(LLN_EFORMAT, "%s: shape %s: no elements", name,
                            shape);
    for (size_t a = 0; a < tensor->axes; a++)
        if (__builtin_mul_overflow(bytes, tensor->shape[a], &bytes))
            return lln_fail(LLN_EFORMAT, "%s: shape %s: too large", name,
                            shape);
    if (available != bytes)
        return lln_fail(LLN_EFORMAT, "%s: %s: %zu bytes of data, expected %zu",
                        name,
                        available < bytes ? "truncated" : "trailing bytes",
                        available, bytes);
    return LLN_OK;
}

lln_status lln_npy_parse(const char *name, const unsigned char *bytes,
                         size_t size, lln_tensor *tensor)
{
    cursor c = {.name = name};
    bool fortran = false;
    lln_tensor found = {0};
    LLN_TRY(find_header(name, bytes, size, &c));
    LLN_TRY(read_dictionary(&c, &found, &fortran));
    found.data = (const unsigned char *)c.end;
    LLN_TRY(check_size(name, &found, size - (size_t)(found.data - bytes)));
    lln_tensor_set_strides(&found, fortran);
    *tensor = found;
    return LLN_OK;
}

lln_status lln_npy_open(const char *path, lln_mapping *mapping,
                        lln_tensor *tensor)
{
    lln_mapping file;
    LLN_TRY(lln_mapping_open(path, &file));
    lln_status status = lln_npy_parse(path, file.bytes, file.size, tensor);
    if (status == LLN_OK)
        *mapping = file;
    else
        lln_mapping_close(&file);
    return status;
}
