/* ahead.c - see ahead.h. */
#include "ahead.h"

#include <math.h>

static unsigned angles_of(const struct op *op)
{
    return op->gate < KETSIM_GATE_COUNT ? gates_shapes[op->gate].nangles : 0;
}

static void look(struct ahead *ahead, const struct op *first)
{
    const struct op *const last = ahead->program->ops + ahead->program->length;
    const unsigned length = last - first < AHEAD ? (unsigned)(last - first) : AHEAD;
    unsigned count = 0;
    ahead->first = first;
    ahead->end = first + length;
    ahead->far = 0;
    for (unsigned k = 0; k < length; k++) {
        const unsigned begin = count, end = begin + angles_of(first + k);
        ahead->places[k] = (uint8_t)begin;
        if (begin == end) continue;
        gates_arguments((ketsim_gate)first[k].gate, ahead->angles + begin, first[k].angles);
        for (; count < end; count++) {
            if (fabs(ahead->angles[count]) <= ANGLES_MOST) continue;
            ahead->far |= UINT64_C(1) << k;
            ahead->angles[count] = 0;
        }
    }
    for (unsigned k = count; k % ANGLES_TOGETHER; k++) ahead->angles[k] = 0;
    ahead->set->angles(ahead->cosines, ahead->sines, ahead->angles, count);
}

void ahead_matrix(struct ahead *ahead, const struct op *op, ketsim_complex *out)
{
    const ketsim_gate gate = (ketsim_gate)op->gate;
    if (!gates_shapes[gate].nangles) {
        gates_matrix(gate, out, op->angles);
        return;
    }
    if (op < ahead->first || op >= ahead->end) look(ahead, op);
    const unsigned k = (unsigned)(op - ahead->first), place = ahead->places[k];
    if (ahead->far >> k & 1) gates_matrix(gate, out, op->angles);
    else gates_matrix_of(gate, out, ahead->cosines + place, ahead->sines + place);
}
