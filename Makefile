# SPDX-License-Identifier: GPL-3.0-or-later
#
# make            the library and the tools, under build/
# make check      unit and command tests
# make plots      pictures under build/plots/
# make bench      speed against the matrix product and other programs
# make experiment trains models with six kernels; tables in build/experiment/;
#                 experiment-long adds 256 tokens
# make lint       house rules, formatting, static analysis, man pages
# make sanitize   the complete suite under ASan and UBSan
# make tsan       the parallel parts under ThreadSanitizer
# make check-cores  the suite with three processor types of OpenBLAS
# make coverage   the fraction of the lines of src/ that the suite reaches
# make fuzz       SECONDS=60 of each reader of files and texts, with libFuzzer
# make install    to $(DESTDIR)$(PREFIX)
# make uninstall  removes what make install of the same version installs
# make dist       the source in an archive, build/lln-tools-VERSION.tar.gz
# make deb        Debian packages in build/deb/
# make deps       the Debian packages all of this needs
# make clean

PREFIX ?= /usr/local
BUILD ?= build
quoted = '$(subst ','\'',$(1))'
# In make, a space ends a name. A folder with spaces in its path is used through
# a link in build/.
ifneq ($(word 2,$(BUILD)),)
GIVEN := $(call quoted,$(BUILD))
override BUILD := build/.$(shell printf %s $(GIVEN) | cksum | tr ' ' -)
$(shell mkdir -p build $(GIVEN) && ln -srfn $(GIVEN) $(BUILD))
endif
CFLAGS ?= -O3 -g
PACKAGES = gcc libc6-dev make pkg-config libgsl-dev liblapacke-dev \
	libopenblas-dev zlib1g-dev libjansson-dev gnuplot-nox \
	fonts-dejavu-core check bats mandoc man-db
# For lint, tsan, coverage, builds by clang, tests of the library and of
# completion, packages, and the recipes of lln-recipes(7).
CHECK_PACKAGES = build-essential gfortran clang libclang-rt-dev libomp-dev clang-format \
	clang-tidy cppcheck shellcheck gcovr bash-completion fish zsh git \
	debhelper dpkg-dev lintian datamash jq miller sqlite3

# Builds in different folders give identical tools: wildcards are sorted, and
# the path of the tree is replaced.
# OpenBLAS comes before GSL: libgsl depends on a slow cblas of its own, and the
# linker takes a symbol from the first library that has it (tests/link.bats).
LIBRARIES = openblas lapacke gsl jansson zlib
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fopenmp -fno-math-errno \
	-fno-trapping-math -ffp-contract=fast -fPIC -fno-semantic-interposition \
	-Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Isrc -MMD -MP '-ffile-prefix-map=$(CURDIR)=.' \
	$(shell pkg-config --cflags $(LIBRARIES)) $(CFLAGS)
ALL_LDFLAGS = -fopenmp $(LDFLAGS)
ALL_LDLIBS = $(shell pkg-config --libs-only-L openblas) -lopenblas -llapacke \
	-lgsl -ljansson -lz -lm $(LDLIBS)

TOOLS = $(patsubst tools/%.c,$(BUILD)/bin/%,$(wildcard tools/lln-*.c))
SHARED = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(wildcard tools/lln-*.c), \
	$(sort $(wildcard tools/*.c))))
LIBRARY = $(BUILD)/liblln.a
VERSION := $(shell sed -n 's/.*LLN_VERSION "\(.*\)"/\1/p' src/core/version.h)
SONAME = liblln.so.$(firstword $(subst ., ,$(VERSION)))
SHARED_LIBRARY = $(BUILD)/liblln.so.$(VERSION)
SHARED_LINKS = $(BUILD)/$(SONAME) $(BUILD)/liblln.so
# What src/lln.h includes is public.
PUBLIC = lln.h $(shell sed -n 's/^.include "\(.*\)"/\1/p' src/lln.h)
PUBLIC_HEADERS = $(PUBLIC:%=$(BUILD)/include/lln/%)
OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard src/*/*.c src/*/*/*.c)))
TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
REPLAYS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
# Programs that the command tests need.
HELPERS = $(BUILD)/tests/pty
PROGRAMS = $(notdir $(TOOLS)) lln-plot
BENCHES = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*.c))
# In folders that man can read: MANPATH=$PWD/build/man man lln-match
PAGES = $(foreach page,$(wildcard man/*.[1357]), \
	$(BUILD)/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))

# Older builds have links to man/ here, and would write through them.
$(shell find $(BUILD)/man -maxdepth 1 -type l -delete 2> /dev/null)

all: $(TOOLS) $(BUILD)/bin/lln-plot $(PAGES) $(LIBRARY) $(SHARED_LINKS) \
	$(PUBLIC_HEADERS) $(BUILD)/lln.pc

# lln-plot finds its scripts beside bin/, here and when it is installed.
$(BUILD)/bin/lln-plot: tools/lln-plot.sh src/core/version.h
	@mkdir -p $(@D) $(BUILD)/share/lln-tools
	ln -sfn "$(CURDIR)/plots" $(BUILD)/share/lln-tools/plots
	sed -e 's/@VERSION@/$(VERSION)/' -e "s/@YEAR@/$$(sed -n \
	    's/^.define LLN_YEAR "\(.*\)".*/\1/p' src/core/version.h)/" $< > $@
	chmod +x $@

$(BUILD)/bin/%: $(BUILD)/tools/%.o $(SHARED) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

# Replaces a line ".so FILE" of a page by the text of man/FILE.
define join
	@mkdir -p $(@D)
	awk '$$1 != ".so" { print; next } \
	    { while ((getline line < ("man/" $$2)) > 0) print line }' $< > $@
endef
$(BUILD)/man/man1/%: man/% $(wildcard man/*.mdoc)
	$(join)
$(BUILD)/man/man3/%: man/% $(wildcard man/*.mdoc)
	$(join)
$(BUILD)/man/man5/%: man/% $(wildcard man/*.mdoc)
	$(join)
$(BUILD)/man/man7/%: man/% $(wildcard man/*.mdoc)
	$(join)

$(LIBRARY): $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

# Exports the global names that a public header declares, and no others.
$(BUILD)/liblln.map: $(LIBRARY) $(PUBLIC_HEADERS)
	$(CC) -E -P '-D__attribute__(x)=' -I$(BUILD)/include \
	    $(BUILD)/include/lln/lln.h | tr '\n' ' ' | \
	    tr ';{}' '\n' | sed '/extern/!s/(.*//; s/[^a-z0-9_]/\n/g' | \
	    grep '^lln_' | LC_ALL=C sort -u > $@.declared
	nm -g --defined-only $(LIBRARY) | awk 'NF == 3 { print $$3 }' | \
	    LC_ALL=C sort -u | LC_ALL=C comm -12 - $@.declared | \
	    sed -e '1i LLN_0 { global:' -e 's/$$/;/' -e '$$a local: *; };' > $@

$(SHARED_LIBRARY): $(OBJECTS) $(BUILD)/liblln.map
	$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,$(BUILD)/liblln.map \
	    $(ALL_LDFLAGS) -o $@ $(OBJECTS) $(ALL_LDLIBS)

$(SHARED_LINKS): $(SHARED_LIBRARY)
	ln -sf $(<F) $@

$(BUILD)/include/lln/%.h: src/%.h src/public_header.awk
	@mkdir -p $(@D)
	awk -f src/public_header.awk $< > $@

$(BUILD)/lln.pc: src/lln.pc.in src/core/version.h Makefile
	sed -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBRARIES@|$(LIBRARIES)|' $< > $@

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

# Without FMA and AVX, without FMA, and with both.
CORES = Prescott Sandybridge Haswell
check-cores: all $(TESTS) $(REPLAYS) $(HELPERS)
	@for core in $(CORES); do \
	    echo "OPENBLAS_CORETYPE=$$core"; \
	    OPENBLAS_CORETYPE=$$core tests/run $(BUILD) $(TESTS) || exit 1; \
	done

plots: all
	@plots/run $(BUILD)

bench: all $(BENCHES)
	@tests/bench/run $(BUILD)

experiment: all
	@tests/experiment/run $(BUILD)

experiment-long: all
	@tests/experiment/run $(BUILD) long

lint: all
	@tests/lint $(BUILD)

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined

# LLN_NO_CLONES: the choice of clones at load time precedes the start of the
# sanitizers.
sanitize:
	ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
	    $(MAKE) check BUILD=$(BUILD)/sanitize \
	    CFLAGS="-O1 -g -fno-omit-frame-pointer -DLLN_NO_CLONES $(SANITIZE)" \
	    LDFLAGS="$(SANITIZE)"

# The OpenMP of clang reports to ThreadSanitizer, through libarcher, where
# threads synchronise; that of gcc does not. Libraries without instrumentation are
# ignored.
TSAN_TESTS = $(addprefix $(BUILD)/tsan/tests/,test_core_ordered test_rows test_duplicates \
	test_panels test_pair test_operator test_product test_lln_product \
	test_files test_arrays test_mapped test_train_model)
tsan:
	$(MAKE) all $(TSAN_TESTS) $(BUILD)/tsan/tests/pty BUILD=$(BUILD)/tsan \
	    CC=clang CFLAGS="-O1 -g -DLLN_NO_CLONES -fsanitize=thread" \
	    LDFLAGS=-fsanitize=thread
	TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66" \
	    OMP_TOOL_LIBRARIES=libarcher.so OMP_NUM_THREADS=4 CK_FORK=no \
	    SUITE=tests/threads.bats tests/run $(BUILD)/tsan $(TSAN_TESTS)

coverage:
	$(MAKE) check BUILD=$(BUILD)/coverage \
	    CFLAGS="-O1 -g --coverage -DLLN_NO_CLONES" LDFLAGS=--coverage
	gcovr --root . --filter src/ --object-directory $(BUILD)/coverage \
	    --sort-uncovered

# All of src/ is instrumented; REPLAYS of another build, with another main().
SECONDS = 60
fuzz: $(TESTS)
	$(MAKE) $(REPLAYS:$(BUILD)/%=$(BUILD)/libfuzzer/%) BUILD=$(BUILD)/libfuzzer \
	    CC=clang CFLAGS="-O1 -g -DLLN_LIBFUZZER -DLLN_NO_CLONES \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"
	@tests/fuzz/run $(BUILD) $(SECONDS)

bindir = $(PREFIX)/bin
libdir = $(PREFIX)/lib
includedir = $(PREFIX)/include
datadir = $(PREFIX)/share
mandir = $(datadir)/man
plotdir = $(datadir)/lln-tools/plots
bashdir = $(datadir)/bash-completion/completions
zshdir = $(datadir)/zsh/site-functions
fishdir = $(datadir)/fish/vendor_completions.d
# What lln-plot needs; not what make plots and make bench need.
PLOTS = $(notdir $(filter-out %.png plots/bench-%,$(wildcard plots/*.*)))

# What is installed: $(call each,put) installs it, $(call each,take) removes it.
# Shells look for completions by the name of the command.
define each
$(call $(1),$(bindir),755,$(BUILD)/bin,$(PROGRAMS))
$(call $(1),$(mandir),644,$(BUILD)/man,$(PAGES:$(BUILD)/man/%=%))
$(call $(1),$(plotdir),644,plots,$(PLOTS))
$(call $(1),$(bashdir),644,tools/completion,lln.bash)
$(call $(1)-links,$(bashdir),lln.bash,$(PROGRAMS))
$(call $(1),$(zshdir),644,tools/completion,_lln)
$(call $(1),$(fishdir),644,tools/completion,lln.fish)
$(call $(1)-links,$(fishdir),lln.fish,$(PROGRAMS:=.fish))
$(call $(1),$(libdir),644,$(BUILD),$(notdir $(LIBRARY) $(SHARED_LIBRARY)))
$(call $(1)-links,$(libdir),$(notdir $(SHARED_LIBRARY)),$(notdir $(SHARED_LINKS)))
$(call $(1),$(libdir)/pkgconfig,644,$(BUILD),lln.pc)
$(call $(1),$(includedir)/lln,644,$(BUILD)/include/lln,$(PUBLIC))
endef

# put FOLDER,MODE,SOURCE,NAMES: copies SOURCE/NAME to FOLDER/NAME.
# put-links FOLDER,FILE,NAMES: links FOLDER/NAME to FOLDER/FILE.
to = $(call quoted,$(DESTDIR)$(1))
put = for name in $(4); do install -D -m $(2) $(3)/$$name $(to)/$$name || exit 1; done
take = for name in $(4); do rm -f $(to)/$$name || exit 1; done
put-links = for name in $(3); do ln -sfn $(2) $(to)/$$name || exit 1; done
take-links = $(call take,$(1),,,$(3))

# lln.pc finds the headers from its own place.
install: all
	$(call each,put)
	up=$$(realpath -ms --relative-to=$(call quoted,$(libdir)/pkgconfig) \
	    $(call quoted,$(includedir))) && \
	    sed -i "s|^includedir=.*|includedir=\$${pcfiledir}/$$up|" \
	    $(call to,$(libdir)/pkgconfig)/lln.pc

# Also removes the folders of lln-tools, if they are empty.
uninstall:
	$(call each,take)
	for folder in $(call to,$(datadir)/lln-tools) $(call to,$(includedir)/lln); do \
	    [ ! -d "$$folder" ] || find "$$folder" -depth -type d -empty -delete; \
	done

SOURCES = Makefile LICENSE NEWS README.md debian examples man plots src tests tools
DIST = lln-tools-$(VERSION)
dist:
	@mkdir -p $(BUILD)
	git -c tar.umask=022 archive --prefix=$(DIST)/ -o $(BUILD)/$(DIST).tar HEAD
	gzip -9nf $(BUILD)/$(DIST).tar

# In a copy of the sources, because debhelper leaves files where it builds. The
# make that debhelper runs must not get the options and variables of this one.
deb:
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb/$(DIST)
	cp -Rp $(SOURCES) $(BUILD)/deb/$(DIST)
	cd $(BUILD)/deb/$(DIST) && env -u MAKEFLAGS dpkg-buildpackage -us -uc -b
	rm -rf $(BUILD)/deb/$(DIST)

deps:
	@test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y \
	    --no-install-recommends $(PACKAGES) $(DEPS)

clean:
	rm -rf $(BUILD) $(GIVEN)

# Keep the objects of the tools, which no rule names.
.SECONDARY:

-include $(shell find $(BUILD)/ -name '*.d' 2>/dev/null)

.PHONY: all check check-cores plots bench experiment experiment-long \
	lint sanitize tsan coverage fuzz install uninstall dist deb deps clean libraries
