# SPDX-License-Identifier: GPL-3.0-or-later
#
# make            the library and the tools, under build/
# make check      unit and command tests
# make plots      pictures under build/plots/
# make bench      speed against the matrix product and other programs
# make lint       house rules, formatting, static analysis, man pages
# make sanitize   the whole suite under ASan and UBSan
# make fuzz       SECONDS=60 of each reader of files, with libFuzzer
# make install    to $(DESTDIR)$(PREFIX)
# make deps       the Debian packages all of this needs
# make clean

PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O3 -g
PACKAGES = gcc libc6-dev make pkg-config libgsl-dev liblapacke-dev libopenblas-dev \
	zlib1g-dev libjansson-dev gnuplot-nox fonts-dejavu-core check bats mandoc man-db
LINT_PACKAGES = clang-format clang-tidy cppcheck shellcheck

# OpenBLAS stands before GSL: libgsl brings its own slow cblas along, and the
# first library that has a symbol wins (tests/link.bats checks it).
LIBRARIES = openblas lapacke gsl jansson zlib
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fopenmp -fno-math-errno \
	-fno-trapping-math -ffp-contract=fast -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Isrc -MMD -MP $(shell pkg-config --cflags $(LIBRARIES)) $(CFLAGS)
ALL_LDFLAGS = -fopenmp $(LDFLAGS)
ALL_LDLIBS = $(shell pkg-config --libs-only-L openblas) -lopenblas -llapacke \
	-lgsl -ljansson -lz -lm $(LDLIBS)

TOOLS = $(patsubst tools/%.c,$(BUILD)/bin/%,$(wildcard tools/lln-*.c))
SHARED = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(wildcard tools/lln-*.c), \
	$(wildcard tools/*.c)))
LIBRARY = $(BUILD)/liblln.a
OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/*/*.c src/*/*/*.c))
TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
FUZZERS = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS = $(patsubst $(BUILD)/%,$(BUILD)/tests/%,$(FUZZERS))
# What the command tests run beside the tools.
HELPERS = $(BUILD)/tests/pty
BENCHES = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*.c))
COMMAND_PAGES = $(wildcard man/*.1)
OTHER_PAGES = $(wildcard man/*.7)

all: $(TOOLS) $(BUILD)/man/man1 $(BUILD)/man/man7

$(BUILD)/bin/%: $(BUILD)/tools/%.o $(SHARED) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

# Folders as man wants them: MANPATH=$PWD/build/man man lln-match
$(BUILD)/man/man1 $(BUILD)/man/man7:
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/man $@

$(LIBRARY): $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wcast-qual $(CPPFLAGS) -c -o $@ $<

$(BUILD)/tests/%: tests/%.c $(LIBRARY) | libraries
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(ALL_LDFLAGS) -Itests -o $@ $< \
	    $(LIBRARY) $(shell pkg-config --libs check) $(ALL_LDLIBS)

libraries:
	@pkg-config --exists $(LIBRARIES) || { \
	    echo "missing libraries; install them with" >&2; \
	    echo "    apt-get install $(PACKAGES)" >&2; exit 1; }

check: all $(TESTS) $(REPLAYS) $(HELPERS)
	@tests/run $(BUILD) $(TESTS)

plots: all
	@plots/run $(BUILD)

bench: all $(BENCHES)
	@tests/bench/run $(BUILD)

lint: all
	@tests/lint $(BUILD)

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined

# Clones chosen at load time run before the sanitizers are ready.
sanitize:
	ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
	    $(MAKE) check BUILD=$(BUILD)/sanitize \
	    CFLAGS="-O1 -g -fno-omit-frame-pointer -DLLN_NO_CLONES $(SANITIZE)" \
	    LDFLAGS="$(SANITIZE)"

# Only what the readers need: libFuzzer wants all of it instrumented, and clang
# has no OpenMP of gcc's.
FUZZED = $(wildcard src/tensor/*.c) src/core/memory.c src/core/status.c \
	src/core/text.c
FUZZ_CC = clang-14
FUZZ_FLAGS = -std=c11 -D_GNU_SOURCE -DLLN_LIBFUZZER -O1 -g -Wall -Wextra \
	-Wno-unknown-pragmas -Isrc -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all
SECONDS = 60

$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/read_all.h $(FUZZED) \
	    $(wildcard src/tensor/*.h)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $< $(FUZZED) -ljansson -lz -lm

fuzz: $(FUZZERS) $(TESTS)
	@tests/fuzz/run $(BUILD) $(SECONDS)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man7
	install $(TOOLS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(COMMAND_PAGES) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(OTHER_PAGES) $(DESTDIR)$(PREFIX)/share/man/man7

deps:
	@test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y \
	    --no-install-recommends $(PACKAGES) $(DEPS)

clean:
	rm -rf $(BUILD)

# Keep the objects of the tools: nothing else names them.
.SECONDARY:

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all check plots bench lint sanitize fuzz install deps clean libraries
