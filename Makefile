# ketsim.  `make` alone lists the targets.  Any variable can be given:
#   make test-c CC=clang CFLAGS=-O1 B=build/clang

CC      ?= cc
B       ?= build/native
CFLAGS  ?= -O3 -g1
OBJCOPY ?= objcopy
PYTHON  ?= python3
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
VENV    ?= build/venv
PEERS   := build/peers

# What the sources need, as opposed to what the user prefers.
# Fused multiply-add is explicit in the kernels; nothing else may contract.  Vectors are explicit too: those that a compiler
# makes of the parts of one complex number wait for memory, and planning takes a tenth longer.
NEED    := -std=c17 -D_GNU_SOURCE -Iinclude -Icore -fPIC -fvisibility=hidden -ffp-contract=off \
           -fno-math-errno -fno-semantic-interposition -fno-tree-slp-vectorize -fopenmp -MMD -MP
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wno-psabi
LIBS    := -fopenmp -pthread -lm

# The version stands in ketsim.h and nowhere else.
VERSION := $(shell awk '/define KETSIM_VERSION_(MAJOR|MINOR|PATCH)/ {print $$3}' include/ketsim.h | \
             paste -sd.)
MAJOR   := $(firstword $(subst ., ,$(VERSION)))
SONAME  := libketsim.so.$(MAJOR)

OBJ     := $(patsubst %.c,$B/%.o,$(wildcard core/*.c core/*/*.c))
SHARED  := $B/libketsim.so.$(VERSION)
STATIC  := $B/libketsim.a

# tests/test_*.c and bench/*.c are one program each; every other tests/*.c is linked into each test.
# bench/fftw.c needs a library that may not be there: it is built by bench-fftw alone.
TESTS   := $(patsubst %.c,$B/%,$(wildcard tests/test_*.c))
# The largest is the kernels of 64-byte vectors on any CPU: EMULATED= leaves it out.
EMULATED = tests/emulated512.c
HELPERS := $(patsubst %.c,$B/%.o,$(EMULATED) $(filter-out tests/test_%.c tests/emulated512.c,$(wildcard tests/*.c)))
BENCHES := $(patsubst %.c,$B/%,$(filter-out bench/fftw.c,$(wildcard bench/*.c)))

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:

help: ## list the targets
	@sed -En 's/^([a-z-]+):.*## (.*)/  \1|\2/p' Makefile | column -t -s '|'

# ---- the C library ------------------------------------------------------------------------------

lib: $B/libketsim.so $(STATIC) ## build libketsim, shared and static, in build/native

$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(CC) $(NEED) $(WARN) $(CFLAGS) -c $< -o $@

# Changes only when the compiler or its flags do, so that objects are rebuilt then.
$B/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(NEED) $(WARN) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(NEED) $(WARN) $(CFLAGS)' > $@

$(SHARED): $(OBJ)
	$(CC) -shared $(CFLAGS) -Wl,-soname,$(SONAME) -Wl,--no-undefined -Wl,-Bsymbolic-functions $^ $(LDFLAGS) $(LIBS) -o $@

$B/libketsim.so: $(SHARED)
	ln -sf $(<F) $B/$(SONAME)
	ln -sf $(SONAME) $@

# One relocatable object whose hidden symbols are local: a program that links it sees KETSIM_API names only.
$(STATIC): $(OBJ)
	$(CC) -r -nostdlib $^ -o $B/ketsim.o
	$(OBJCOPY) --localize-hidden $B/ketsim.o
	rm -f $@
	$(AR) rcs $@ $B/ketsim.o

# Every symbol, for the tests and benches that look inside.
$B/internal.a: $(OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(TESTS): $B/%: $B/%.o $(HELPERS) $B/internal.a
	$(CC) $(CFLAGS) $^ $(LDFLAGS) $(LIBS) -o $@
$(BENCHES): $B/%: $B/%.o $B/internal.a
	$(CC) $(CFLAGS) $^ $(LDFLAGS) $(LIBS) -o $@

# -O3 takes about three times as long to make it.
$B/tests/emulated512.o: private override CFLAGS += -O1

$B/bench/fftw: $B/bench/fftw.o $B/internal.a
	$(CC) $(CFLAGS) $^ $(LDFLAGS) -lfftw3_omp -lfftw3 $(LIBS) -o $@

INCLUDE  = $(shell realpath -m --relative-to=$(LIBDIR) $(PREFIX)/include)

install: lib ## install library, headers, ketsim.pc and CMake package: make install PREFIX=... [DESTDIR=...]
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/ketsim $(DESTDIR)$(PREFIX)/include/ketsim
	install -m 644 include/ketsim.h include/ketsim_gates.def $(DESTDIR)$(PREFIX)/include
	install -m 644 include/ketsim/*.h $(DESTDIR)$(PREFIX)/include/ketsim
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libketsim.so
	for f in pkgconfig/ketsim.pc cmake/ketsim/ketsimConfig.cmake cmake/ketsim/ketsimConfigVersion.cmake; do \
	    sed $(foreach v,PREFIX LIBDIR INCLUDE VERSION SONAME,-e 's|@$v@|$($v)|g') \
	        bindings/cmake/$${f##*/}.in > $(DESTDIR)$(LIBDIR)/$$f || exit 1; done

# ---- the Python package, in a virtual environment of its own -----------------------------------

REQUIRES := $(VENV)/bin/python .ci/requires

$(VENV)/tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install -q $$($(REQUIRES) build-system)
	touch $@

# Built without isolation, in a folder that is kept, so that a second build compiles what changed.
$(VENV)/built: $(VENV)/tools $(wildcard core/*.[ch] core/*/*.[ch] include/*.* include/*/*.h bindings/CMakeLists.txt \
               bindings/python/*.py bindings/python/ketsim/*.py* bindings/python/ketsim/ext/*.[ch])
	$(VENV)/bin/pip install -q --no-build-isolation -C build-dir=build/wheel '.[numpy]'
	touch $@

$(VENV)/test-tools: $(VENV)/built
	$(VENV)/bin/pip install -q $$($(REQUIRES) test)
	touch $@

# ---- tests --------------------------------------------------------------------------------------

test: ## build and run every test, C and then Python
	@$(MAKE) test-c
	@$(MAKE) test-python

test-c: $(TESTS) ## the C tests only
	@.ci/run-programs $(filter-out $(SKIP:%=$B/tests/%),$(TESTS))

# Random circuits and gates by the hundred thousand; what test-c runs few of.  A fork leaves behind what the C library's
# malloc has cached for each thread that it ends, some 2 KiB for two workers: off, so that what grows is ours.
test-long: $(TESTS) ## the C tests of circuits with very many, and memory over 100,000 batches and 1,000 starts
	$B/tests/test_tiling 100000
	$B/tests/test_passes 100000
	$B/tests/test_kak 1000000
	$B/tests/test_adversarial 300 100000
	$B/tests/test_drift 1000000
	GLIBC_TUNABLES=glibc.malloc.tcache_count=0 $B/tests/test_leaks 100000 1000

test-python: $(VENV)/test-tools ## the Python tests only
	$(VENV)/bin/python -m pytest tests/python -o faulthandler_timeout=600 $(PYTEST_FLAGS)

asan: ## the C tests under AddressSanitizer, LeakSanitizer and UBSan, OpenMP on
	@$(MAKE) test-c B=build/asan $(if $(shell grep -sm1 avx512dq /proc/cpuinfo),EMULATED=) \
	    CFLAGS='-O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'

asan-python: $(VENV)/test-tools ## the Python tests against a package under AddressSanitizer and UBSan
	@VENV=$(VENV) .ci/asan-python

tsan: ## the C tests under ThreadSanitizer (clang, LLVM's OpenMP, Archer), with a planted race that must show
	@.ci/tsan

neon: ## cross-build for aarch64 and run the C tests under qemu-user
	@echo 'test_fork, test_fork_batch, test_cache, test_leaks: left out, for qemu-user does not survive the fork of a process with threads'
	@echo 'test_adversarial, test_drift, test_stopping: left out, for they take a quarter of an hour under qemu-user'
	@RUNNER='qemu-aarch64 -L /usr/aarch64-linux-gnu' $(MAKE) test-c B=build/neon EMULATED= CFLAGS='-O3 -g1 -DFEWER=4' \
	    SKIP='test_fork test_fork_batch test_cache test_leaks test_adversarial test_drift test_stopping' \
	    CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar OBJCOPY=aarch64-linux-gnu-objcopy

check-install: $(VENV)/built ## build examples/ against the installed library, by pkg-config and by CMake
	@.ci/check-install

check-row: $(VENV)/test-tools ## add a gate to a copy of the tree and look for it everywhere
	@VENV=$(VENV) tests/new_row.sh

# ---- benchmarks ---------------------------------------------------------------------------------

N ?= 22

ghz: $(BENCHES) lib $(VENV)/built ## the GHZ benchmark; [N=22] [THREADS=2] [DTYPE=complex64] [PLOT=ghz.png]
	$(if $(PLOT),$(VENV)/bin/pip install -q matplotlib)
	$(VENV)/bin/python bench/python/ghz.py --native $B/bench/ghz --n $(N) \
	    $(if $(THREADS),--threads $(THREADS)) $(if $(DTYPE),--dtype $(DTYPE)) $(if $(PLOT),--plot $(PLOT))

bench: $(BENCHES) ## every C benchmark
	@set -e; for b in $^; do echo "== $$b"; $$b; done

bench-kernels: $B/bench/kernels ## the streaming kernels against a pass over the same memory
	$<

bench-overhead: $B/bench/overhead ## what clone and write-back cost
	$<

# Benches of concurrency.  Each takes PLOT=FILE and BENCH_FLAGS, for instance --quick, and leaves
# build/bench-NAME.json.  Those with rows of other simulators measure what `make peers` has installed.
concurrency = $(if $(PLOT),$(VENV)/bin/pip install -q matplotlib && )$(VENV)/bin/python bench/python/$(1) \
    $(if $(PLOT),--plot $(PLOT)) $(BENCH_FLAGS)

bench-gil: $(VENV)/built ## how long each method holds the GIL, and a heartbeat beside it; [PLOT=gil.png] [BENCH_FLAGS=--quick]
	$(call concurrency,gil.py)

bench-batch: $B/bench/batch $(VENV)/built ## batches: efficiency, skew, overhead, 10,000 circuits beside other simulators
	$(call concurrency,batches.py --native $B/bench)

bench-threads: $(VENV)/built ## two Python threads on two states, here and in other simulators
	$(call concurrency,threads.py)

bench-queue: $B/bench/queue $(VENV)/built ## handing over work, waiting for it, starting the workers
	$(call concurrency,native.py queue --native $B/bench)

bench-strategies: $(VENV)/built ## threads, batch, processes, sub-interpreters...; [BENCH_FLAGS='--python PATH']
	$(call concurrency,strategies.py)

bench-clone: $B/bench/clone $(VENV)/built ## the clone's share of a call, by size and by gates in the call
	$(call concurrency,native.py clone --native $B/bench)

bench-latency: $(VENV)/built ## Ctrl-C, cancel and deadline, and storms of interrupts, exits and forks
	$(call concurrency,latency.py)

bench-compare: $(VENV)/built ## one page of what the benches of concurrency have left in build/
	$(call concurrency,comparison.py)

bench-sweep: $(VENV)/built ## what a row of a parameter sweep costs, here and in other simulators
	$(call concurrency,sweep.py)

bench-cost-model: $(VENV)/built ## whether plans take as long as they expect to, on one thread
	$(call concurrency,cost_model.py)

bench-fftw: ## the QFT on a state against FFTW on an array; [FFTW_FLAGS='--n 20']
	@echo '#include <fftw3.h>' | $(CC) -E - > /dev/null 2>&1 || \
	    { echo 'bench-fftw needs fftw3.h: apt-get install libfftw3-dev'; exit 1; }
	@$(MAKE) $B/bench/fftw
	$B/bench/fftw $(FFTW_FLAGS)

bench-calls: $(VENV)/built ## what a call from Python costs
	$(VENV)/bin/python bench/python/calls.py

bench-memory: $(VENV)/built ## peak memory of a run through Python; [N=26]
	$(VENV)/bin/python bench/python/memory.py $(if $(filter command line,$(origin N)),--n $(N))

peers: $(PEERS)/installed ## install the other simulators in build/peers; `make ghz` then measures them too

# All of them together, or else each that can be had.
$(PEERS)/installed: bench/python/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install -q -r $< || for p in $$(sed 's/#.*//' $<); do \
	    $(PEERS)/bin/pip install -q $$p || echo "$$p: cannot be installed here, left out"; done
	touch $@

bench-peers: $(PEERS)/installed $(VENV)/built $B/bench/ghz $B/bench/ceiling ## whole circuits beside them, 2 hours; [N=22] [PEERS_FLAGS=--quick]
	$(VENV)/bin/python bench/python/circuits.py --native $B/bench/ghz \
	    $(if $(filter command line,$(origin N)),--n $(N)) $(PEERS_FLAGS)

bench-observables: $(PEERS)/installed $(VENV)/built ## expectation values and samples beside them; [OBSERVABLES_FLAGS='--n 20']
	$(VENV)/bin/python bench/python/observables.py $(OBSERVABLES_FLAGS)

bench-gradient: $(VENV)/built ## adjoint gradients against a run, and beside other simulators; [GRADIENT_FLAGS='--n 20']
	$(VENV)/bin/python bench/python/gradient.py $(GRADIENT_FLAGS)

bench-trajectories: $(PEERS)/installed $(VENV)/built ## noise by trajectories beside Aer; [TRAJECTORIES_FLAGS='--p 0.001']
	$(VENV)/bin/python bench/python/trajectories.py $(TRAJECTORIES_FLAGS)

bench-shot-tree: $(VENV)/built ## shots of a circuit that measures, as a tree and each alone
	$(VENV)/bin/python bench/python/shot_tree.py $(SHOT_TREE_FLAGS)

performance-page: $(VENV)/built ## write docs/performance.md and its plots anew from the newest results of bench-peers
	$(VENV)/bin/pip install -q matplotlib
	$(VENV)/bin/python bench/python/performance.py

# ---- checks and generated files -----------------------------------------------------------------

lint: $(VENV)/test-tools ## clang-format, clang-tidy, ruff, mypy --strict, include direction, links, exported symbols
	@VENV=$(VENV) .ci/lint

format: ## rewrite the C files in the project's format
	clang-format-14 -i $$(.ci/c-files)

stubs: $(VENV)/test-tools ## write _ketsim.pyi anew from the built package
	$(VENV)/bin/python .ci/gen_stubs.py > build/_ketsim.pyi
	mv build/_ketsim.pyi bindings/python/ketsim/_ketsim.pyi

gates-page: $(VENV)/built ## write docs/gates.md anew from the built package
	$(VENV)/bin/python .ci/gen_gates_page.py > build/gates.md
	mv build/gates.md docs/gates.md

check-generated: $(VENV)/test-tools ## fail when _ketsim.pyi or docs/gates.md is not what the build gives
	$(VENV)/bin/python .ci/gen_stubs.py | diff -u bindings/python/ketsim/_ketsim.pyi -
	$(VENV)/bin/python .ci/gen_gates_page.py | diff -u docs/gates.md -
	$(VENV)/bin/python -m mypy.stubtest ketsim._ketsim --allowlist .ci/stubtest-allowlist \
	    --ignore-unused-allowlist

clean: ## remove everything that was built
	rm -rf build

.PHONY: help lib install test test-c test-long test-python asan asan-python tsan neon check-install check-row ghz \
        bench bench-kernels bench-overhead bench-gil bench-batch bench-threads bench-queue bench-strategies \
        bench-clone bench-latency bench-compare bench-observables bench-gradient bench-trajectories bench-shot-tree bench-sweep bench-cost-model bench-fftw bench-calls bench-memory peers bench-peers \
        performance-page lint format stubs gates-page check-generated clean FORCE

-include $(OBJ:.o=.d) $(TESTS:=.d) $(HELPERS:.o=.d) $(BENCHES:=.d) $B/bench/fftw.d
