/* memory.c - the limits of this machine, and pages from it.  Linux names; elsewhere the limits read as none. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "buffer.h"
#include "error.h"

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };
static const uint64_t NO_LIMIT = UINT64_MAX;
/* Smaller requests are left to the system to refuse: asking what there is takes 50 us, as long as a run of 16 qubits. */
static const uint64_t UNCHECKED = 1 << 24;

/* The number that follows key at the start of a line of a file, or that the file starts with; else NO_LIMIT. */
static uint64_t read_number(const char *path, const char *key)
{
    FILE *file = fopen(path, "re");
    uint64_t value = NO_LIMIT;
    char line[256];
    if (!file) return value;
    while (fgets(line, sizeof line, file)) {
        unsigned long long number;
        if (!strncmp(line, key, strlen(key)) && sscanf(line + strlen(key), "%llu", &number) == 1) {
            value = number;
            break;
        }
    }
    fclose(file);
    return value;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t minus(uint64_t limit, uint64_t used)
{
    return limit == NO_LIMIT || used == NO_LIMIT ? limit : limit > used ? limit - used : 0;
}

/* Room left in one control group directory, of either version. */
static uint64_t group_room(const char *directory)
{
    static const char *const names[][2] = {{"memory.max", "memory.current"},
                                           {"memory.limit_in_bytes", "memory.usage_in_bytes"}};
    uint64_t room = NO_LIMIT;
    for (int version = 0; version < 2; version++) {
        char limit[384], usage[384];
        snprintf(limit, sizeof limit, "%s/%s", directory, names[version][0]);
        snprintf(usage, sizeof usage, "%s/%s", directory, names[version][1]);
        room = least(room, minus(read_number(limit, ""), read_number(usage, "")));
    }
    return room;
}

/* Room left in this process's control group and in the one mounted as root, as containers see it. */
static uint64_t cgroup_room(void)
{
    uint64_t room = least(group_room("/sys/fs/cgroup"), group_room("/sys/fs/cgroup/memory"));
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[256], directory[320];
    if (!file) return room;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "0::/", 4) || !line[4]) continue;
        snprintf(directory, sizeof directory, "/sys/fs/cgroup%s", line + 3);
        room = least(room, group_room(directory));
    }
    fclose(file);
    return room;
}

static uint64_t address_space_room(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY) return NO_LIMIT;
    const uint64_t pages = read_number("/proc/self/statm", "");
    return minus(limit.rlim_cur, pages == NO_LIMIT ? 0 : pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

uint64_t ketsim_memory_available(void)
{
    uint64_t room = read_number("/proc/meminfo", "MemAvailable:");
    if (room != NO_LIMIT) room <<= 10;
    room = least(room, least(cgroup_room(), address_space_room()));
    return room == NO_LIMIT ? room : room / 10 * 9;
}

uint64_t memory_total(void)
{
    const uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return least(machine, read_number("/sys/fs/cgroup/memory.max", ""));
}

ketsim_status memory_admit(uint64_t bytes, const char *what)
{
    if (bytes < UNCHECKED || bytes <= ketsim_memory_available()) return KETSIM_OK;
    ketsim_pool_trim();
    const uint64_t available = ketsim_memory_available();
    if (bytes <= available) return KETSIM_OK;
    return fail(KETSIM_ERR_MEMORY, "%s: needs %llu bytes (%.1f GiB): %llu bytes (%.1f GiB) can be had", what,
                (unsigned long long)bytes, (double)bytes / (1 << 30), (unsigned long long)available,
                (double)available / (1 << 30));
}

void *memory_take(uint64_t count, size_t size, const char *what)
{
    const uint64_t bytes = count <= UINT64_MAX / size ? count * size : UINT64_MAX;
    if (memory_admit(bytes, what) != KETSIM_OK) return NULL;
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        (void)fail(KETSIM_ERR_MEMORY, "%s: cannot allocate %llu bytes", what, (unsigned long long)bytes);
    return memory;
}

/* Map twice as far as needed at the most, and give back what lies outside the aligned part. */
static void *map_huge(size_t bytes)
{
    char *start = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return NULL;
    const size_t before = (size_t)(-(uintptr_t)start & (HUGE_PAGE - 1));
    if (before) munmap(start, before);
    munmap(start + before + bytes, HUGE_PAGE - before);
    madvise(start + before, bytes, MADV_HUGEPAGE); /* advice only: a refusal costs speed, not results */
    return start + before;
}

void *memory_map(size_t bytes)
{
    return bytes >= HUGE_PAGE ? map_huge(bytes) : aligned_alloc(ALIGNMENT, bytes);
}

void memory_unmap(void *memory, size_t bytes)
{
    if (bytes >= HUGE_PAGE) munmap(memory, bytes);
    else free(memory);
}

const char *ketsim_huge_pages(void)
{
    static const char *const modes[] = {"always", "madvise", "never"};
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
    char line[64] = "", chosen[16];
    if (!file) return "unknown";
    const char *got = fgets(line, sizeof line, file);
    fclose(file);
    for (size_t k = 0; got && k < sizeof modes / sizeof *modes; k++) {
        snprintf(chosen, sizeof chosen, "[%s]", modes[k]);
        if (strstr(line, chosen)) return modes[k];
    }
    return "unknown";
}
