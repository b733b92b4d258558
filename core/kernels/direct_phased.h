/* direct_phased.h - passes that are real but for a phase on a row: a rotation about Y and then one about Z.  Included by
 * direct_body.h.
 *
 * Two multiply-adds for each vector of a row, and two more where that row has a phase. */

/* Phases of a vector's lanes, of those that are not 1. */
struct FN(row_phase) {
    struct FN(factor) by;
    ivec ones;
};

INLINE struct FN(row_phase) FN(row_phase_of)(const struct direct_pass *p, unsigned setting, unsigned row)
{
    const ketsim_complex phase = p->phase[setting][row];
    return (struct FN(row_phase)){FN(splat)(phase), (ivec){0} - (INTEGER)FN(is_one)(phase)};
}

INLINE struct FN(row_phase) FN(row_phase_blend)(ivec mask, struct FN(row_phase) yes, struct FN(row_phase) no)
{
    return (struct FN(row_phase)){FN(blend)(mask, yes.by, no.by), (mask & yes.ones) | (~mask & no.ones)};
}

/* By the selector's setting, or by lane when it selects lanes. */
INLINE struct FN(row_phase) FN(row_phase_by)(const struct direct_pass *p, unsigned setting, unsigned row)
{
    if (!FN(selects_lane)(p->selector)) return FN(row_phase_of)(p, setting, row);
    return FN(row_phase_blend)(FN(lanes_with)(p->selector), FN(row_phase_of)(p, 1, row),
                               FN(row_phase_of)(p, 0, row));
}

INLINE vec FN(times_phase)(const struct FN(row_phase) *phase, vec v, bool some)
{
    const vec out = FN(times)(phase->by, v, false);
    return some ? FN(select)(phase->ones, v, out) : out;
}

/* As pairs(); zero, one: rows that have a phase; some: in some lanes. */
INLINE void FN(phased_pairs)(REAL *amps, uint64_t target, const struct FN(place) *where,
                             const struct FN(factor) factors[4], const struct FN(row_phase) phases[2],
                             bool zero, bool one, bool some, bool blend)
{
    const struct FN(place) at = *where;
    const struct FN(factor) a = factors[0], b = factors[1], c = factors[2], d = factors[3];
    const struct FN(row_phase) first = phases[0], second = phases[1];
    EACH_VECTOR (i, at) {
        REAL *const p = amps + 2 * i, *const q = p + 2 * target;
        const vec v = FN(load)(p), w = FN(load)(q);
        const vec x = FN(times_add)(b, w, FN(times)(a, v, true), true);
        const vec y = FN(times_add)(d, v, FN(times)(c, w, true), true);
        FN(put)(p, zero ? FN(times_phase)(&first, x, some) : x, v, &at, blend);
        FN(put)(q, one ? FN(times_phase)(&second, y, some) : y, w, &at, blend);
    }
}

/* As lanes_twice(), and where distance is 0 as lanes(). */
INLINE void FN(phased_lanes)(REAL *amps, unsigned apart, uint64_t distance, const struct FN(place) *where,
                             const struct FN(factor) factors[4], const struct FN(row_phase) phases[2],
                             bool blend)
{
    const struct FN(place) at = *where;
    const struct FN(factor) a = factors[0], b = factors[1], c = factors[2], d = factors[3];
    const struct FN(row_phase) first = phases[0], second = phases[1];
    EACH_VECTOR (i, at) {
        REAL *const p = amps + 2 * i, *const q = p + 2 * distance;
        const vec v = FN(load)(p), w = FN(load)(q);
        const vec x = FN(times_add)(b, FN(exchange)(v, apart), FN(times)(a, v, true), true);
        const vec y = FN(times_add)(d, FN(exchange)(w, apart), FN(times)(c, w, true), true);
        FN(put)(p, FN(times_phase)(&first, x, true), v, &at, blend);
        if (distance) FN(put)(q, FN(times_phase)(&second, y, true), w, &at, blend);
    }
}

static void FN(phased_high)(REAL *amps, const struct direct_pass *p, unsigned setting, struct FN(place) at)
{
    const uint64_t target = UINT64_C(1) << p->target;
    const bool some = FN(selects_lane)(p->selector);
    const bool zero = !FN(is_one)(p->phase[setting][0]), one = !FN(is_one)(p->phase[setting][1]);
    const struct FN(factor) factors[] = {FN(entry)(p, setting, 0), FN(entry)(p, setting, 1),
                                         FN(entry)(p, setting, 3), FN(entry)(p, setting, 2)};
    const struct FN(row_phase) phases[] = {FN(row_phase_by)(p, setting, 0), FN(row_phase_by)(p, setting, 1)};
    at.skip |= target;
    if (at.blend) FN(phased_pairs)(amps, target, &at, factors, phases, true, true, true, true);
    else if (some) FN(phased_pairs)(amps, target, &at, factors, phases, true, true, true, false);
    else if (zero && one) FN(phased_pairs)(amps, target, &at, factors, phases, true, true, false, false);
    else if (zero) FN(phased_pairs)(amps, target, &at, factors, phases, true, false, false, false);
    else if (one) FN(phased_pairs)(amps, target, &at, factors, phases, false, true, false, false);
    else FN(pairs)(amps, target, &at, factors, true, false);
}

INLINE void FN(phased_low)(REAL *amps, const struct direct_pass *p, uint64_t distance,
                           const struct FN(place) *at, const struct FN(factor) factors[4],
                           const struct FN(row_phase) phases[2], bool blend)
{
    switch (p->target) {
    case 0: FN(phased_lanes)(amps, 1, distance, at, factors, phases, blend); break;
    case 1: FN(phased_lanes)(amps, 2, distance, at, factors, phases, blend); break;
    default: FN(phased_lanes)(amps, 4, distance, at, factors, phases, blend); break;
    }
}

INLINE struct FN(row_phase) FN(lane_phase)(const struct direct_pass *p, unsigned setting)
{
    return FN(row_phase_blend)(FN(lanes_with)(p->target), FN(row_phase_by)(p, setting, 1),
                               FN(row_phase_by)(p, setting, 0));
}

static void FN(phased)(REAL *amps, const struct direct_pass *p, unsigned setting, struct FN(place) at)
{
    if (!FN(selects_lane)(p->target)) {
        FN(phased_high)(amps, p, setting, at);
        return;
    }
    struct FN(factor) factors[4];
    const struct FN(row_phase) phase = FN(lane_phase)(p, setting), phases[] = {phase, phase};
    FN(lane_factors)(factors, p, setting);
    FN(lane_factors)(factors + 2, p, setting);
    if (at.blend) FN(phased_low)(amps, p, 0, &at, factors, phases, true);
    else FN(phased_low)(amps, p, 0, &at, factors, phases, false);
}

/* A target that selects lanes, a selector that selects vectors. */
static void FN(phased_by_vector)(REAL *amps, const struct direct_pass *p, struct FN(place) at)
{
    struct FN(factor) factors[4];
    const struct FN(row_phase) phases[] = {FN(lane_phase)(p, 0), FN(lane_phase)(p, 1)};
    const uint64_t selector = UINT64_C(1) << p->selector;
    FN(lane_factors)(factors, p, 0);
    FN(lane_factors)(factors + 2, p, 1);
    at.skip |= selector;
    if (at.blend) FN(phased_low)(amps, p, selector, &at, factors, phases, true);
    else FN(phased_low)(amps, p, selector, &at, factors, phases, false);
}
