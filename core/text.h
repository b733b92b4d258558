/* text.h - text that is written as far as there is room, and counted to its end. */
#ifndef KETSIM_CORE_TEXT_H
#define KETSIM_CORE_TEXT_H

#include <stddef.h>

struct text {
    char *out;
    size_t size, length;
};

/* Append what printf() would write. */
__attribute__((format(printf, 2, 3))) void text_put(struct text *text, const char *format, ...);

#endif
