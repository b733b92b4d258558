/* notation.c - observables from text and back.
 *
 * Numbers are read and written in the C locale, whatever the caller's is. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

#include "error.h"
#include "observable.h"
#include "text.h"

enum { NUMBER_CHARACTERS = 128 };

/* ---- reading ----------------------------------------------------------------------------------- */

/* Text that is not ended by 0, and how far it was read. */
struct scan {
    const char *text;
    size_t length, at;
};

static char peek(const struct scan *scan)
{
    return (char)(scan->at < scan->length ? scan->text[scan->at] : 0);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_space(struct scan *scan)
{
    while (peek(scan) == ' ' || (peek(scan) >= '\t' && peek(scan) <= '\r')) scan->at++;
}

/* Skip one of the characters, and white space after it. */
static bool skip(struct scan *scan, char c)
{
    if (scan->at == scan->length || peek(scan) != c) return false;
    scan->at++;
    skip_space(scan);
    return true;
}

static ketsim_status wrong(const struct scan *scan, size_t at, const char *what)
{
    const unsigned char c = at < scan->length ? (unsigned char)scan->text[at] : 0;
    if (at >= scan->length) return fail(KETSIM_ERR_PARSE, "observable, character %zu, the end: %s", at, what);
    if (c < ' ' || c > '~')
        return fail(KETSIM_ERR_PARSE, "observable, character %zu, 0x%02x: %s", at, c, what);
    return fail(KETSIM_ERR_PARSE, "observable, character %zu, '%c': %s", at, c, what);
}

/* Where the number that begins here ends: digits with a point among them, and an exponent. */
static size_t end_of_number(const struct scan *scan)
{
    struct scan end = *scan;
    while (is_digit(peek(&end)) || peek(&end) == '.') end.at++;
    if (end.at == scan->at || (peek(&end) != 'e' && peek(&end) != 'E')) return end.at;
    end.at++;
    if (peek(&end) == '+' || peek(&end) == '-') end.at++;
    while (is_digit(peek(&end))) end.at++;
    return end.at;
}

static ketsim_status scan_number(struct scan *scan, double *value)
{
    char digits[NUMBER_CHARACTERS], *end;
    const size_t length = end_of_number(scan) - scan->at;
    if (length >= sizeof digits) return wrong(scan, scan->at, "a number of more than 127 characters");
    memcpy(digits, scan->text + scan->at, length);
    digits[length] = 0;
    *value = strtod(digits, &end);
    if (end != digits + length) return wrong(scan, scan->at, "a number is malformed");
    if (!isfinite(*value)) return wrong(scan, scan->at, "a coefficient must be finite");
    scan->at += length;
    return KETSIM_OK;
}

/* One letter and its qubit. */
static ketsim_status scan_letter(struct scan *scan, ketsim_pauli_record *term, uint64_t *used)
{
    const size_t at = scan->at;
    const char letter = peek(scan); /* 0 at the end, which is none */
    uint64_t qubit = 0;
    ketsim_pauli_record ignored = {0};
    const char *unknown = observable_put(&ignored, &(uint64_t){0}, letter, 0);
    if (unknown) return wrong(scan, at, unknown);
    scan->at++;
    if (!is_digit(peek(scan))) return wrong(scan, scan->at, "a letter needs the number of its qubit");
    for (; is_digit(peek(scan)); scan->at++)
        if (qubit < KETSIM_MAX_QUBITS) qubit = 10 * qubit + (uint64_t)(peek(scan) - '0');
    const char *what = observable_put(term, used, letter, qubit);
    return what ? wrong(scan, at, what) : KETSIM_OK;
}

static bool at_end_of_term(const struct scan *scan)
{
    return scan->at == scan->length || peek(scan) == '+' || peek(scan) == '-';
}

/* A number, letters, or both; the sign before the term is in the coefficient already. */
static ketsim_status scan_term(struct scan *scan, ketsim_pauli_record *term)
{
    uint64_t used = 0;
    double value = 1;
    bool needed = true;
    if (skip(scan, '-')) term->coefficient = -term->coefficient;
    else (void)skip(scan, '+');
    if (is_digit(peek(scan)) || peek(scan) == '.') {
        TRY(scan_number(scan, &value));
        term->coefficient *= value;
        skip_space(scan);
        needed = skip(scan, '*');
    }
    if (needed && at_end_of_term(scan))
        return wrong(scan, scan->at, "a term must be here, a number or letters such as Z0");
    while (needed || !at_end_of_term(scan)) {
        TRY(scan_letter(scan, term, &used));
        skip_space(scan);
        needed = skip(scan, '*');
    }
    return KETSIM_OK;
}

static ketsim_status scan_sum(struct scan *scan, ketsim_observable *out)
{
    bool minus = false;
    skip_space(scan);
    do {
        ketsim_pauli_record *term = &out->terms[out->count++];
        *term = (ketsim_pauli_record){.coefficient = minus ? -1 : 1};
        TRY(scan_term(scan, term));
        minus = peek(scan) == '-';
    } while (skip(scan, '+') || skip(scan, '-'));
    return KETSIM_OK;
}

/* The locale to give back to uselocale(). */
static locale_t enter_c_locale(locale_t *c)
{
    *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return uselocale(*c);
}

static void leave_c_locale(locale_t before, locale_t c)
{
    uselocale(before);
    if (c) freelocale(c);
}

ketsim_status ketsim_observable_parse(ketsim_observable **out, const char *text, size_t length)
{
    struct scan scan = {.text = text, .length = length};
    ketsim_observable *made = NULL;
    locale_t c;
    TRY(observable_alloc(&made,
                         length / 2 + 1)); /* a term and the sign before the next take two characters */
    made->count = 0;
    const locale_t before = enter_c_locale(&c);
    ketsim_status status = scan_sum(&scan, made);
    leave_c_locale(before, c);
    if (status != KETSIM_OK) {
        ketsim_observable_free(made);
        return status;
    }
    TRY(observable_settle(&made));
    *out = made;
    return KETSIM_OK;
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* The fewest digits that are read as the same number. */
static void put_number(struct text *text, double value)
{
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    text_put(text, "%s", digits);
}

static void put_term(struct text *text, const ketsim_pauli_record *term)
{
    const uint64_t used = term->x | term->z;
    const double size = fabs(term->coefficient);
    if (size != 1 || !used) put_number(text, size);
    for (unsigned q = 0, written = size != 1; q < KETSIM_MAX_QUBITS; q++) {
        if (!(used >> q & 1)) continue;
        const char letter = "?ZXY"[(term->x >> q & 1) << 1 | (term->z >> q & 1)];
        text_put(text, written++ ? " %c%u" : "%c%u", letter, q);
    }
}

size_t ketsim_observable_text(const ketsim_observable *observable, char *out, size_t size)
{
    struct text text = {.out = out, .size = size};
    locale_t c;
    const locale_t before = enter_c_locale(&c);
    if (!observable->count) text_put(&text, "0");
    for (size_t k = 0; k < observable->count; k++) {
        const bool minus = observable->terms[k].coefficient < 0;
        if (k) text_put(&text, minus ? " - " : " + ");
        else if (minus) text_put(&text, "-");
        put_term(&text, &observable->terms[k]);
    }
    leave_c_locale(before, c);
    return text.length;
}
