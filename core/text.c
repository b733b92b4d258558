/* text.c - see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

void text_put(struct text *text, const char *format, ...)
{
    va_list args;
    const size_t room = text->length < text->size ? text->size - text->length : 0;
    va_start(args, format);
    const int count = vsnprintf(room ? text->out + text->length : NULL, room, format, args);
    va_end(args);
    if (count > 0) text->length += (size_t)count;
}
