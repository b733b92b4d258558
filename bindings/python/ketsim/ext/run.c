/* run.c - calls into the library that may take long.
 *
 * The GIL is let go when the work is expected to take longer than getting it back may cost.  While it is, the
 * library polls between slices: the poll takes the GIL, lets signal handlers and the progress callback run,
 * and lets it go again.  No thread waits for a state with the GIL in its hands. */
#include "args.h"
#include "call.h"

#include <time.h>

enum { RELEASE_NS = 2000, WAIT_MS = 50, TURN_NS = 500000 };

uint64_t run_now_ns(void)
{
    struct timespec now;
#ifdef CLOCK_MONOTONIC
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    timespec_get(&now, TIME_UTC);
#endif
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the GIL ---------------------------------------------------------------------------------- */

void run_let_go(struct call *call)
{
    call->thread = PyEval_SaveThread();
    call->mark_ns = run_now_ns();
}

void run_take_back(struct call *call)
{
    const uint64_t done = run_now_ns();
    call->free_ns += done - call->mark_ns;
    PyEval_RestoreThread(call->thread);
    call->wait_ns += run_now_ns() - done;
}

/* A thread that waits for the GIL takes some 50 us to wake up when it is let go, the least that a sleep lasts; without one this
 * thread would have it back before.  A busy thread keeps it for Python's switch interval, and then this one as long. */
void run_give_way(struct turn *turn)
{
    const struct timespec least = {0, 1};
    const uint64_t now = run_now_ns();
    if (!turn->until_ns) turn->until_ns = now + TURN_NS;
    if (now < turn->until_ns) return;
    PyThreadState *thread = PyEval_SaveThread();
    nanosleep(&least, NULL);
    PyEval_RestoreThread(thread);
    const uint64_t back = run_now_ns(), away = back - now;
    turn->until_ns = back + (away > TURN_NS ? away : TURN_NS);
}

void run_count(struct ext *ext, const struct call *call)
{
    atomic_fetch_add(&ext->clock_calls, 1);
    atomic_fetch_add(&ext->clock_wall_ns, run_now_ns() - call->entered_ns);
    atomic_fetch_add(&ext->clock_free_ns, call->free_ns);
    atomic_fetch_add(&ext->clock_wait_ns, call->wait_ns);
}

void run_enter(struct ext *ext, struct call *call)
{
    call->releases = !atomic_load(&ext->hold_gil);
    if (call->releases) run_let_go(call);
    if (call->options.poll) ketsim_set_limits(&call->options);
}

void run_leave(struct ext *ext, struct call *call)
{
    if (call->options.poll) ketsim_set_limits(NULL);
    if (call->releases) run_take_back(call);
    run_count(ext, call);
}

/* ---- between slices --------------------------------------------------------------------------- */

int run_report(const struct call *call, double done)
{
    if (!call->progress) return 0;
    PyObject *fraction = PyFloat_FromDouble(done);
    PyObject *ignored = fraction ? PyObject_CallFunctionObjArgs(call->progress, fraction, NULL) : NULL;
    Py_XDECREF(fraction);
    Py_XDECREF(ignored);
    return ignored ? 0 : -1;
}

/* The thread that runs owns the claim: what its callbacks ask of the same state fails instead of waiting. */
static bool poll(void *context, double done)
{
    struct call *call = context;
    if (call->releases) run_take_back(call);
    atomic_store(&call->ket->owner, PyThread_get_thread_ident());
    const bool go_on = PyErr_CheckSignals() == 0 && run_report(call, done) == 0;
    atomic_store(&call->ket->owner, 0);
    if (call->releases) run_let_go(call);
    return go_on;
}

/* ---- a call ----------------------------------------------------------------------------------- */

/* What looks at a state would run the queue inside the library, where nothing interrupts it; a long queue is
 * run here instead.  If another thread holds the state, that call itself knows what to do about it. */
static ketsim_status run_queue(struct call *call, struct ket *ket)
{
    if (!ket || !ketsim_pending(ket->state)) return KETSIM_OK;
    const ketsim_status status = ketsim_run(ket->state, &call->options);
    return status == KETSIM_ERR_BUSY ? KETSIM_OK : status;
}

static ketsim_status work(struct call *call)
{
    ketsim_status status = KETSIM_OK;
    if ((call->is_long || call->profile) && call->queue_first) {
        status = run_queue(call, call->ket);
        if (status == KETSIM_OK) status = run_queue(call, call->other);
    }
    if (status == KETSIM_OK && call->memory) {
        status = memory_allocate(call->memory);
        call->out = call->memory->data;
    }
    return status == KETSIM_OK ? call->work(call) : status;
}

static ketsim_status attempt(struct call *call)
{
    if (call->releases) run_let_go(call);
    profile_lap(call, LAP_CROSS);
    if (call->has_limits) ketsim_set_limits(&call->options); /* until when all of it must have ended */
    const ketsim_status status = work(call);
    if (call->has_limits) ketsim_set_limits(NULL);
    profile_lap(call, LAP_LIBRARY);
    if (call->releases) run_take_back(call);
    return status;
}

/* Whether to wait for a busy state: not for this thread itself, nor for a generation that has passed. */
static bool may_wait(const struct call *call)
{
    const struct ket *ket = call->ket;
    const uint64_t expected = call->options.expect_generation;
    return ket->wait && atomic_load(&ket->owner) != PyThread_get_thread_ident() &&
           (!expected || expected == ketsim_state_generation(ket->state));
}

static int check_limits(struct call *call)
{
    struct ext *ext = call->ket->program.ext;
    if (PyErr_CheckSignals() < 0) return -1;
    if (call->options.cancel && ketsim_cancel_raised(call->options.cancel)) {
        PyErr_SetString(ext->errors[KETSIM_ERR_CANCELLED],
                        "cancelled while waiting for another thread's run");
        return -1;
    }
    const uint64_t now = run_now_ns();
    if (!call->deadline_ns || now < call->deadline_ns) {
        if (call->deadline_ns) call->options.timeout_ms = (call->deadline_ns - now) / 1000000 + 1;
        return 0;
    }
    PyErr_SetString(ext->errors[KETSIM_ERR_DEADLINE],
                    "timeout_ms passed while waiting for another thread's run");
    return -1;
}

static int wait_turn(struct call *call)
{
    ketsim_status status;
    do {
        run_let_go(call);
        status = ketsim_wait(call->ket->state, WAIT_MS);
        run_take_back(call);
        if (check_limits(call) < 0) return -1;
    } while (status != KETSIM_OK);
    return 0;
}

/* Do the call, waiting for other writers if the state is set to. */
static int finish(struct call *call)
{
    for (;;) {
        const ketsim_status status = attempt(call);
        if (PyErr_Occurred()) return -1; /* from the poll */
        if (status == KETSIM_OK) return 0;
        if (status != KETSIM_ERR_BUSY || !may_wait(call)) {
            error_raise(call->ket->program.ext, status);
            return -1;
        }
        if (wait_turn(call) < 0) return -1;
        profile_lap(call, LAP_WAIT);
    }
}

/* Work that is too short to look at the token is not begun when it was raised before. */
static int check_token(const struct call *call)
{
    const ketsim_status status = ketsim_cancel_check(call->options.cancel, call->name ? call->name : "read");
    if (status != KETSIM_OK) error_raise(call->ket->program.ext, status);
    return status == KETSIM_OK ? 0 : -1;
}

int run_call(struct call *call)
{
    struct ket *ket = call->ket;
    struct ext *ext = ket->program.ext;
    struct profile profile;
    if (atomic_load_explicit(&ext->profiling, memory_order_relaxed)) profile_begin(call, &profile);
    uint64_t cost = call->cost_ns + ketsim_estimate_ns(ket->state, call->operations);
    if (call->other) cost += ketsim_estimate_ns(call->other->state, 0);

    call->is_long = cost > RELEASE_NS;
    call->releases = call->is_long && !atomic_load(&ext->hold_gil);
    call->has_limits = call->is_long || call->options.timeout_ms || call->options.cancel || call->progress;
    if (call->has_limits) {
        call->options.poll = poll;
        call->options.poll_context = call;
    }
    if (call->is_long && !call->entered_ns) call->entered_ns = run_now_ns();
    if (call->options.timeout_ms) call->deadline_ns = run_now_ns() + call->options.timeout_ms * 1000000;
    const int result = check_token(call) < 0 ? -1 : finish(call);
    if (call->is_long) run_count(ext, call);
    if (call->profile) profile_end(call, result == 0);
    return result;
}

int run_parse_threads(struct call *call, struct ext *ext, PyObject *given)
{
    uint64_t value = 0;
    if (given && given != Py_None && args_integer(ext, given, "threads", 1, KETSIM_MAX_THREADS, &value) < 0)
        return -1;
    call->options.threads = (unsigned)value;
    return 0;
}
