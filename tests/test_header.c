/* The header as a C program sees it: complete by itself, harmless when included again, enum values that never
 * change, and the few functions that belong to no object.  test_header_cpp.cpp is the same for C++. */
#include "ketsim.h"
#include "ketsim.h" /* NOLINT: twice on purpose */

#include <pthread.h>

/* The header has read the table; nothing of it is left then, nor after another reading. */
#if defined(KETSIM_GATE_ROW) || defined(INVERSE) || defined(C) || defined(E) || defined(O) || defined(EXP)
#error "ketsim.h leaves a macro of the gate table behind"
#endif
static const char *const names[] = {
#define KETSIM_GATE_ROW(id, ...) #id,
#include "ketsim_gates.def"
};
#if defined(KETSIM_GATE_ROW) || defined(INVERSE) || defined(C) || defined(E) || defined(O) || defined(EXP)
#error "ketsim_gates.def leaves a macro behind"
#endif
_Static_assert(sizeof names / sizeof *names == KETSIM_GATE_COUNT, "one enum value a row");

#include "check.h"

/* Rows are appended, never moved: these are the rows of the first release. */
static const struct {
    ketsim_gate gate;
    const char *name;
} abi[] = {
#define ROW(id)               \
    {                         \
        KETSIM_GATE_##id, #id \
    }
    ROW(I),   ROW(X),    ROW(Y),   ROW(Z),   ROW(H),   ROW(S),     ROW(SDG),     ROW(T),    ROW(TDG),
    ROW(SX),  ROW(SXDG), ROW(RX),  ROW(RY),  ROW(RZ),  ROW(P),     ROW(U),       ROW(CNOT), ROW(CY),
    ROW(CZ),  ROW(CH),   ROW(CP),  ROW(CRX), ROW(CRY), ROW(CRZ),   ROW(CU),      ROW(SWAP), ROW(ISWAP),
    ROW(RXX), ROW(RYY),  ROW(RZZ), ROW(CCX), ROW(CCZ), ROW(CSWAP), ROW(ISWAPDG), ROW(FSIM), ROW(ECR),
#undef ROW
};

static void enum_values(void)
{
    enum { COUNT = sizeof abi / sizeof *abi };
    _Static_assert((int)KETSIM_GATE_COUNT >= (int)COUNT, "rows are never removed");
    for (int k = 0; k < COUNT; k++) {
        CHECK((int)abi[k].gate == k, "%s is %d, it was %d", abi[k].name, (int)abi[k].gate, k);
        CHECK(!strcmp(ketsim_gate_lookup((ketsim_gate)k)->name, abi[k].name), "row %d is %s, it was %s", k,
              ketsim_gate_lookup((ketsim_gate)k)->name, abi[k].name);
    }
    for (int k = 0; k < KETSIM_GATE_COUNT; k++)
        CHECK(!strcmp(ketsim_gate_lookup((ketsim_gate)k)->name, names[k]), "row %d is named otherwise", k);
    CHECK(KETSIM_GATE_UNITARY == 65536 && KETSIM_GATE_PAULI_ROTATION == 65537 && KETSIM_COMPLEX128 == 0 &&
              KETSIM_COMPLEX64 == 1,
          "other values");
    CHECK(KETSIM_MAX_QUBITS == 40 && KETSIM_MAX_ROW_QUBITS == 3 && KETSIM_MAX_TARGETS == 2 &&
              KETSIM_MAX_ANGLES == 3 && KETSIM_MAX_THREADS == 1024,
          "other limits");
}

static void statuses(void)
{
    static const char *const expected[] = {
        "KETSIM_OK",           "KETSIM_ERR_ARGUMENT",  "KETSIM_ERR_MEMORY", "KETSIM_ERR_BUSY",
        "KETSIM_ERR_CLOSED",   "KETSIM_ERR_INVALID",   "KETSIM_ERR_VIEWED", "KETSIM_ERR_QUEUE_FULL",
        "KETSIM_ERR_DEADLINE", "KETSIM_ERR_CANCELLED", "KETSIM_ERR_PARSE"};
    enum { COUNT = sizeof expected / sizeof *expected };
    CHECK(KETSIM_OK == 0 && KETSIM_ERR_PARSE == COUNT - 1, "other statuses");
    for (int k = 0; k < COUNT; k++)
        CHECK(!strcmp(ketsim_status_name((ketsim_status)k), expected[k]), "status %d is %s", k,
              ketsim_status_name((ketsim_status)k));
    CHECK(!strcmp(ketsim_status_name((ketsim_status)COUNT), "KETSIM_ERR_?"), "a name behind the last status");
    CHECK(!strcmp(ketsim_status_name((ketsim_status)-1), "KETSIM_ERR_?"), "a name before the first status");
}

static void versions(void)
{
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", KETSIM_VERSION_MAJOR, KETSIM_VERSION_MINOR, KETSIM_VERSION_PATCH);
    CHECK(ketsim_version() == KETSIM_VERSION_NUMBER, "version %u, the header's is %d", ketsim_version(),
          KETSIM_VERSION_NUMBER);
    CHECK(!strcmp(ketsim_version_string(), text), "version %s, the header's is %s", ketsim_version_string(),
          text);
}

/* Each thread has a message of its own, from its own last failure. */
static void *other_thread(void *context)
{
    ketsim_gate gate;
    CHECK(ketsim_last_error(), "no message in a new thread");
    CHECK(!strstr(ketsim_last_error(), "FIRST"), "a new thread has the message of another");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&gate, "SECOND"), "SECOND");
    return context;
}

static void messages(void)
{
    pthread_t thread;
    ketsim_gate gate;
    CHECK(ketsim_last_error(), "no message before the first failure");
    CHECK_FAILS(KETSIM_ERR_ARGUMENT, ketsim_gate_find(&gate, "FIRST"), "FIRST");
    CHECK(!pthread_create(&thread, NULL, other_thread, NULL), "no thread");
    pthread_join(thread, NULL);
    CHECK(strstr(ketsim_last_error(), "FIRST"), "another thread's failure changed the message to: %s",
          ketsim_last_error());
    CHECK_OK(ketsim_gate_find(&gate, "X"));
    CHECK(strstr(ketsim_last_error(), "FIRST"), "a call that succeeds changed the message");
}

static void machine(void)
{
    const char *openmp = ketsim_openmp(), *pages = ketsim_huge_pages();
    CHECK(ketsim_isa_available(ketsim_isa()), "%s is in use and not available", ketsim_isa());
    CHECK(ketsim_isa_available("base"), "base is not available");
    CHECK(!strcmp(openmp, "libgomp") || !strcmp(openmp, "libomp") || !strcmp(openmp, "none"), "OpenMP: %s",
          openmp);
    CHECK(pages && pages[0], "nothing about huge pages");
    CHECK(ketsim_default_threads() >= 1 && ketsim_default_threads() <= KETSIM_MAX_THREADS, "%u threads",
          ketsim_default_threads());
}

int main(void)
{
    messages();
    enum_values();
    statuses();
    versions();
    machine();
    printf("%d rows, statuses, messages; %s, %s, %u threads, huge pages: %s\n", (int)KETSIM_GATE_COUNT,
           ketsim_isa(), ketsim_openmp(), ketsim_default_threads(), ketsim_huge_pages());
    return EXIT_SUCCESS;
}
