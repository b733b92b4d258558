/* Eight threads on one state and on their own: no update is lost, no read is torn, no clone is disturbed. */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "helpers.h"

enum { THREADS = 8 };

static void run_threads(unsigned count, void *(*start)(void *), void *const *contexts)
{
    pthread_t threads[THREADS];
    for (unsigned k = 0; k < count; k++)
        CHECK(!pthread_create(&threads[k], NULL, start, contexts[k]), "no thread %u", k);
    for (unsigned k = 0; k < count; k++) pthread_join(threads[k], NULL);
}

static void run_same(void *(*start)(void *), void *context)
{
    void *contexts[THREADS];
    for (unsigned k = 0; k < THREADS; k++) contexts[k] = context;
    run_threads(THREADS, start, contexts);
}

/* ---- lost updates --------------------------------------------------------------------------------- */

static const char *const ways[] = {"gates", "lists", "queued gates", "edits"};
static const double step = 1e-3; /* the angle each success adds to the phase of |1> on qubit 0 */

struct counted {
    ketsim_state *state;
    unsigned way, attempts;
    bool inplace;
    atomic_uint threads, done, busy;
};

static ketsim_status attempt(const struct counted *c)
{
    ketsim_state *state = c->state;
    const ketsim_op op = {.gate = KETSIM_GATE_P, .angles = &step, .qubits = (int[]){0}, .nqubits = 1};
    ketsim_edit *edit;
    ketsim_status status, read = KETSIM_OK;
    double norm;
    switch (c->way) {
    case 0: return ketsim_apply_gate(state, KETSIM_GATE_P, &step, (int[]){0});
    case 1: return ketsim_apply_ops(state, &op, 1, NULL);
    case 2: /* queued; now and then a read or a run makes it happen, or some other thread's does */
        status = ketsim_queue(state, &op, 1);
        if (status == KETSIM_OK && ketsim_pending(state) % 3 == 0) read = ketsim_norm(state, &norm);
        CHECK(read == KETSIM_OK || (c->inplace && read == KETSIM_ERR_BUSY), "norm: %s", ketsim_last_error());
        return status;
    default:
        status = ketsim_edit_begin(&edit, state);
        if (status != KETSIM_OK) return status;
        double *a = ketsim_edit_amplitudes(edit);
        uint64_t length = UINT64_C(1) << ketsim_state_nqubits(state);
        for (uint64_t i = length / 2; i < length; i++) {
            double re = a[2 * i], im = a[2 * i + 1];
            a[2 * i] = re * cos(step) - im * sin(step);
            a[2 * i + 1] = re * sin(step) + im * cos(step);
        }
        return ketsim_edit_commit(edit);
    }
}

/* Half of the threads try again until each update is done, the others count what is refused and go on. */
static void *try_often(void *context)
{
    struct counted *c = context;
    bool insist = atomic_fetch_add(&c->threads, 1) & 1;
    for (unsigned k = 0; k < c->attempts; k++) {
        ketsim_status status;
        while ((status = attempt(c)) == KETSIM_ERR_BUSY) {
            atomic_fetch_add(&c->busy, 1);
            if (!insist) break;
            sched_yield();
        }
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_BUSY, "%s: %s", ketsim_status_name(status),
              ketsim_last_error());
        if (status == KETSIM_OK) atomic_fetch_add(&c->done, 1);
    }
    return NULL;
}

/* The phase of |1> on qubit 0 against |0> in units of step, as it was counted. */
static void lost_updates(unsigned way, bool inplace, unsigned n)
{
    ketsim_state *state = label_state(n == 4 ? "++++" : "++++++++++++");
    struct counted c = {.state = state, .way = way, .attempts = 600, .inplace = inplace};
    double amplitudes[2];
    CHECK_OK(ketsim_state_set_inplace(state, inplace));
    run_same(try_often, &c);
    CHECK_OK(ketsim_get_amplitudes(state, amplitudes, UINT64_C(1) << (n - 1), 1));
    double turns = fmod(atan2(amplitudes[1], amplitudes[0]) + 2 * M_PI, 2 * M_PI) / step;
    CHECK(fabs(turns - c.done) < 0.01, "%s: %u updates done, %.2f found", ways[way], c.done, turns);
    if (way != 2)
        CHECK(ketsim_state_generation(state) == 1 + c.done, "%s: %u updates, generation %d", ways[way],
              c.done, (int)ketsim_state_generation(state));
    CHECK(c.done >= THREADS / 2 * c.attempts, "%u done, %u refused", c.done, c.busy);
    printf("%s, %s, %u qubits: %u updates done, %u refused, none lost\n", ways[way],
           inplace ? "in place" : "transactions", n, c.done, c.busy);
    ketsim_state_free(state);
}

/* ---- torn reads ----------------------------------------------------------------------------------- */

/* Writers turn the global phase of a uniform state by gates that each turn a half of it, so that all amplitudes
 * are equal in each committed state and in none between. */
struct shared {
    ketsim_state *state;
    ketsim_circuit *circuit;
    atomic_bool stop;
    atomic_uint reads, writes;
};

static void uniform(const double *amplitudes, unsigned n, const char *what)
{
    for (uint64_t i = 1; i < UINT64_C(1) << n; i++)
        CHECK(fabs(amplitudes[2 * i] - amplitudes[0]) < 1e-10 &&
                  fabs(amplitudes[2 * i + 1] - amplitudes[1]) < 1e-10,
              "%s is torn: amplitude %d is %g%+gi, amplitude 0 is %g%+gi", what, (int)i, amplitudes[2 * i],
              amplitudes[2 * i + 1], amplitudes[0], amplitudes[1]);
}

static void read_once(struct shared *s, unsigned kind, uint64_t *generation)
{
    unsigned n = ketsim_state_nqubits(s->state);
    ketsim_state *clone;
    ketsim_view *view;
    double *amplitudes;
    switch (kind % 4) {
    case 0:
        amplitudes = read_amplitudes(s->state);
        uniform(amplitudes, n, "a copy");
        free(amplitudes);
        break;
    case 1:
        CHECK_OK(ketsim_view_new(&view, s->state));
        CHECK(ketsim_view_generation(view) >= *generation, "a view of generation %d after one of %d",
              (int)ketsim_view_generation(view), (int)*generation);
        *generation = ketsim_view_generation(view);
        uniform(ketsim_view_amplitudes(view), n, "a view");
        sched_yield();
        uniform(ketsim_view_amplitudes(view), n, "a view kept");
        ketsim_view_free(view);
        break;
    case 2:
        CHECK_OK(ketsim_state_clone(&clone, s->state));
        CHECK_OK(ketsim_apply(clone, s->circuit, NULL));
        amplitudes = read_amplitudes(clone);
        uniform(amplitudes, n, "a clone");
        free(amplitudes);
        ketsim_state_free(clone);
        break;
    default:
        amplitudes = malloc(sizeof *amplitudes << n);
        CHECK(amplitudes, "no memory");
        CHECK_OK(ketsim_probabilities(s->state, amplitudes, NULL, 0));
        for (unsigned i = 0; i < 1u << n; i++)
            CHECK(fabs(amplitudes[i] - amplitudes[0]) * (1u << n) < 1e-10,
                  "a reading is torn: probability %u is %.17g, probability 0 is %.17g", i, amplitudes[i],
                  amplitudes[0]); /* not against 2^-n: the norm drifts with the number of writes */
        free(amplitudes);
    }
    atomic_fetch_add(&s->reads, 1);
}

static void *read_on(void *context)
{
    struct shared *s = context;
    uint64_t generation = 0;
    for (unsigned k = 0; !s->stop; k++) read_once(s, k, &generation);
    return NULL;
}

static void *write_on(void *context)
{
    struct shared *s = context;
    double stop = seconds() + 1.2;
    while (seconds() < stop) {
        ketsim_status status = ketsim_apply(s->state, s->circuit, NULL);
        CHECK(status == KETSIM_OK || status == KETSIM_ERR_BUSY, "%s", ketsim_last_error());
        if (status == KETSIM_OK) atomic_fetch_add(&s->writes, 1);
        else CHECK(ketsim_wait(s->state, 10) != KETSIM_ERR_ARGUMENT, "%s", ketsim_last_error());
    }
    s->stop = true;
    return NULL;
}

static void torn_reads(const char *label)
{
    struct shared s = {.state = label_state(label)};
    pthread_t threads[THREADS];
    unsigned n = (unsigned)strlen(label);
    CHECK_OK(ketsim_circuit_new(&s.circuit, n));
    for (int q = 0; q < (int)n; q += 2)
        for (unsigned k = 0; k < 4; k++)
            CHECK_OK(
                ketsim_circuit_gate(s.circuit, k & 1 ? KETSIM_GATE_X : KETSIM_GATE_P, (double[]){0.4}, &q));
    for (unsigned k = 0; k < THREADS; k++)
        CHECK(!pthread_create(&threads[k], NULL, k < 2 ? write_on : read_on, &s), "no thread");
    for (unsigned k = 0; k < THREADS; k++) pthread_join(threads[k], NULL);
    CHECK(s.reads > 0 && s.writes > 0, "%u reads, %u writes", s.reads, s.writes);
    CHECK(ketsim_state_generation(s.state) == 1 + s.writes, "%u writes, generation %d", s.writes,
          (int)ketsim_state_generation(s.state));
    printf("%u qubits: %u reads during %u writes, none torn\n", n, s.reads, s.writes);
    ketsim_circuit_free(s.circuit);
    ketsim_state_free(s.state);
}

/* ---- own states ------------------------------------------------------------------------------------ */

struct own {
    unsigned index, n;
    uint64_t hash;
};

/* Makes, runs, clones and frees states of its own while others do, and now and then empties the pool. */
static void *own_state(void *context)
{
    struct own *own = context;
    uint64_t seed = own->index;
    for (unsigned round = 0; round < 10; round++) {
        ketsim_circuit *circuit = random_circuit(own->n, 20, &seed, NULL);
        ketsim_state *state = new_state(own->n, round & 1 ? KETSIM_COMPLEX64 : KETSIM_COMPLEX128), *clone;
        CHECK_OK(ketsim_state_set_threads(state, 1 + round % 3));
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        CHECK_OK(ketsim_state_clone(&clone, state));
        CHECK_OK(ketsim_apply(state, circuit, NULL));
        own->hash = own->hash * 31 + state_hash(state) + 7 * state_hash(clone);
        ketsim_state_free(state);
        if (round == 5) ketsim_pool_trim();
        ketsim_state_free(clone);
        ketsim_circuit_free(circuit);
    }
    return NULL;
}

static void own_states(unsigned n)
{
    struct own own[THREADS], alone[THREADS];
    void *contexts[THREADS];
    for (unsigned k = 0; k < THREADS; k++) {
        own[k] = alone[k] = (struct own){.index = k, .n = n};
        contexts[k] = &own[k];
        own_state(&alone[k]);
    }
    run_threads(THREADS, own_state, contexts);
    for (unsigned k = 0; k < THREADS; k++)
        CHECK(own[k].hash == alone[k].hash, "%u qubits: thread %u got other bits beside others than alone", n,
              k);
}

/* ---- waiting ---------------------------------------------------------------------------------------- */

static void *end_edit(void *edit)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    CHECK_OK(ketsim_edit_commit(edit));
    return NULL;
}

/* Waits for the state, and goes: it does not take it. */
static void *wait_and_go(void *state)
{
    const double start = seconds();
    CHECK_OK(ketsim_wait(state, 20000));
    CHECK(seconds() - start < 5, "waited %g s for an edit of 0.05", seconds() - start);
    return NULL;
}

/* One free moment serves all: who is woken wakes the next. */
static void all_are_woken(void)
{
    ketsim_state *state = label_state("+");
    ketsim_edit *edit;
    pthread_t threads[4 * THREADS], ender;
    CHECK_OK(ketsim_edit_begin(&edit, state));
    for (unsigned k = 0; k < 4 * THREADS; k++)
        CHECK(!pthread_create(&threads[k], NULL, wait_and_go, state), "no thread");
    CHECK(!pthread_create(&ender, NULL, end_edit, edit), "no thread");
    for (unsigned k = 0; k < 4 * THREADS; k++) pthread_join(threads[k], NULL);
    pthread_join(ender, NULL);
    ketsim_state_free(state);
}

static void waiting(void)
{
    ketsim_state *state = label_state("+");
    ketsim_edit *edit;
    pthread_t thread;
    CHECK_OK(ketsim_wait(state, 0));
    CHECK_OK(ketsim_edit_begin(&edit, state));
    double start = seconds();
    CHECK_FAILS(KETSIM_ERR_DEADLINE, ketsim_wait(state, 20), "20");
    CHECK(seconds() - start >= 0.019, "waited %g s of 0.02", seconds() - start);
    CHECK(!pthread_create(&thread, NULL, end_edit, edit), "no thread");
    start = seconds();
    CHECK_OK(ketsim_wait(state, 20000));
    CHECK(seconds() - start < 5, "waited %g s for an edit of 0.05", seconds() - start);
    pthread_join(thread, NULL);
    ketsim_state_free(state);
}

int main(void)
{
    for (unsigned way = 0; way < 4; way++) {
        lost_updates(way, false, 4);
        lost_updates(way, false, 12);
        lost_updates(way, true, 12);
    }
    torn_reads("++++++");
    torn_reads("++++++++++++");
    own_states(10);
    own_states(15);
    waiting();
    all_are_woken();
    return EXIT_SUCCESS;
}
