/* Views of amplitudes.  Included by ketsim.h, whose conventions hold. */
#ifndef KETSIM_VIEW_H
#define KETSIM_VIEW_H

#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One committed generation of a state, which stays as it is while runs go on: 2^nqubits amplitudes at a
 * 64-byte aligned address.  Outlives its state. */
typedef struct ketsim_view ketsim_view;

KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_view_new(ketsim_view **out, ketsim_state *state);
KETSIM_API void ketsim_view_free(ketsim_view *view); /* NULL is allowed */
KETSIM_API const void *ketsim_view_amplitudes(const ketsim_view *view);
KETSIM_API uint64_t ketsim_view_generation(const ketsim_view *view);

/* Take the writer's place and a copy of the amplitudes that the caller may write to, until commit (which makes
 * them the state's, unchecked but for being finite: KETSIM_ERR_ARGUMENT) or abort (which drops them). */
typedef struct ketsim_edit ketsim_edit;

KETSIM_API KETSIM_NODISCARD ketsim_status ketsim_edit_begin(ketsim_edit **out, ketsim_state *state);
KETSIM_API void *ketsim_edit_amplitudes(const ketsim_edit *edit);
KETSIM_API KETSIM_NODISCARD ketsim_status
ketsim_edit_commit(ketsim_edit *edit);                /* frees edit, also on failure */
KETSIM_API void ketsim_edit_abort(ketsim_edit *edit); /* frees edit */

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_VIEW_H */
