/* ketsim.h - quantum state-vector simulation on all cores of one machine.
 *
 * Conventions, which hold for every function below unless it says otherwise:
 *
 *   Qubit 0 is the leftmost character of a label and the most significant bit of the basis index:
 *   on n qubits, qubit q is bit n-1-q.  A matrix on several qubits has its first qubit as the most
 *   significant bit of the row.  Angles are in radians, sizes of memory in bytes, times in milliseconds.
 *
 *   Arguments go: object, outputs, inputs; a count follows the array it counts.
 *   Pointers must not be NULL.  "Borrowed" pointers stay the library's; all else is the caller's.
 *
 *   A function that returns ketsim_status changes nothing when it fails, and leaves a one-line message
 *   for ketsim_last_error().  Nothing in the library exits, aborts or prints.
 *
 *   Every object may be used by several threads at once.  A state has at most one writer: a second one
 *   gets KETSIM_ERR_BUSY at once; readers see the last committed generation.  Only freeing an object
 *   must not happen while another thread still uses it.
 */
#ifndef KETSIM_H
#define KETSIM_H

#include "ketsim/base.h"
#include "ketsim/batch.h"
#include "ketsim/circuit.h"
#include "ketsim/density.h"
#include "ketsim/dynamic.h"
#include "ketsim/gates.h"
#include "ketsim/gradient.h"
#include "ketsim/job.h"
#include "ketsim/machine.h"
#include "ketsim/noise.h"
#include "ketsim/observable.h"
#include "ketsim/plan.h"
#include "ketsim/read.h"
#include "ketsim/run.h"
#include "ketsim/shots.h"
#include "ketsim/state.h"
#include "ketsim/sweep.h"
#include "ketsim/view.h"

#define KETSIM_VERSION_MAJOR 0
#define KETSIM_VERSION_MINOR 1
#define KETSIM_VERSION_PATCH 0
#define KETSIM_VERSION_NUMBER \
    (KETSIM_VERSION_MAJOR * 10000 + KETSIM_VERSION_MINOR * 100 + KETSIM_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/* KETSIM_VERSION_NUMBER of the library that is linked, which may differ from the header's, and its text. */
KETSIM_API uint32_t ketsim_version(void);
KETSIM_API const char *ketsim_version_string(void);

#ifdef __cplusplus
}
#endif
#endif /* KETSIM_H */
