#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The installed library: its headers, its exported names, the examples, and the
# program in lln(3).
# shellcheck disable=SC2154 # variables that helper.bash sets
load helper

tree=$BATS_TEST_DIRNAME/..

setup_file() {
    make -C "$BATS_TEST_DIRNAME/.." install BUILD="$(dirname "$LLN_BIN")" \
        DESTDIR="$BATS_FILE_TMPDIR/made" PREFIX=/opt/lln > /dev/null
    # lln.pc must not depend on where the files were installed first.
    mv "$BATS_FILE_TMPDIR/made/opt/lln" "$BATS_FILE_TMPDIR/moved"
    export INSTALLED=$BATS_FILE_TMPDIR/moved
    export LD_LIBRARY_PATH=$INSTALLED/lib
    export PKG_CONFIG_PATH=$INSTALLED/lib/pkgconfig
    export INCLUDE=$INSTALLED/include
}

headers() {
    (cd "$INCLUDE" && find lln -name '*.h' | sort)
}

# A program that is not instrumented cannot load such a library.
skip_instrumented() {
    ! nm -D "$INSTALLED/lib/liblln.so" | grep -q '__[at]san_init' ||
        skip 'the library needs the runtime of a sanitizer'
}

# example NAME: builds it as users do, and prints what it prints.
example() {
    # shellcheck disable=SC2046 # flags
    cc -std=c11 -Wall -Wextra -Werror -pedantic -o "$1" \
        "$tree/examples/$1.c" $(pkg-config --cflags --libs lln) -lm
    "./$1"
}

# declared: functions and objects that the public headers declare for linking.
declared() {
    echo '#include <lln/lln.h>' > all.c
    cc -std=c11 -I"$INCLUDE" -fsyntax-only -aux-info all.txt all.c
    sed -n 's/.*\/lln\/.*\*\/ extern [^(]*[ *]\(lln_[a-z0-9_]*\) (.*/\1/p' all.txt
    cc -E -P -I"$INCLUDE" all.c | tr '\n' ' ' | tr ';' '\n' |
        sed -n '/^ *extern.* lln_/{s/(.*//;s/\[.*//;s/ *= .*//;s/,/ /g;p}' |
        grep -oE 'lln_[a-z0-9_]+' | sort -u > words
    nm -D --defined-only "$INSTALLED/lib/liblln.so" |
        awk '$2 ~ /[BDR]/ { sub(/@.*/, "", $3); print $3 }' | sort |
        comm -12 - words
    # Functions that are declared by the name of their type.
    printf '%s\n' lln_features_sum_plus lln_features_sum_floor
}

@test "each installed header compiles alone, in C11 and C++17" {
    for header in $(headers); do
        echo "#include <$header>" > alone.c
        cc -std=c11 -Wall -Wextra -Werror -pedantic -I"$INCLUDE" \
            -fsyntax-only alone.c
    done
    equal files "$(headers)" "$({
        echo lln/lln.h
        sed -n 's/^.include <\(.*\)>/\1/p' "$INCLUDE/lln/lln.h"
    } | sort)"
    command -v g++ > /dev/null || skip 'no g++'
    for header in $(headers); do
        echo "#include <$header>" > alone.cc
        g++ -std=c++17 -Wall -Wextra -Werror -pedantic -I"$INCLUDE" \
            -fsyntax-only alone.cc
    done
}

@test "exactly the declared names are exported" {
    nm -D --defined-only "$INSTALLED/lib/liblln.so" |
        awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort > exported
    grep -v '^__\|^gcov\|^_' exported > names
    declared | sort -u > expected
    diff expected names
    [ "$(wc -l < names)" -gt 150 ]
    ! grep -qx lln_problem_add names || return 1
}

# A block of lines without an empty one between them has one comment.
@test "each public declaration has a comment above it" {
    cd "$INCLUDE"
    # shellcheck disable=SC2046 # names of files
    run awk '
        FNR == 1 || /^$/ { commented = 0 }
        /^ *\/\*/ { commented = 1 }
        /^extern "C"/ { next }
        /^(extern|static inline|LLN_NODISCARD|[a-z].*[ *]lln_[a-z0-9_]*\()/ &&
            !commented { print FILENAME ": " $0 }' $(headers)
    equal uncommented "$output" ''
}

@test "public names begin with lln_ or LLN_" {
    cd "$INCLUDE"
    # shellcheck disable=SC2046 # names of files
    run bash -c 'cat "$@" | cc -fpreprocessed -dD -E -P -xc - 2> /dev/null |
        grep -oE "#define [A-Za-z0-9_]+|^} [a-z0-9_]+;|\b[A-Z][A-Z0-9_]{2,}\b" |
        sed "s/#define //; s/^} //; s/;//" | sort -u |
        grep -vE "^(lln|LLN)_"' names $(headers)
    equal names "$(tr '\n' ' ' <<< "$output")" \
        'DBL_EPSILON FILE FLT_EPSILON '
}

@test "the library neither prints nor ends the process" {
    skip_instrumented
    nm -D --undefined-only "$INSTALLED/lib/liblln.so" > needed
    run grep -wE 'printf|puts|putchar|perror|stdout|stderr|exit|_exit|abort' \
        needed
    equal calls "$output" ''
}

@test "the soname has the first number of the version" {
    equal soname "$(objdump -p "$INSTALLED/lib/liblln.so" |
        awk '$1 == "SONAME" { print $2 }')" "liblln.so.${VERSION%%.*}"
    equal file "$(readlink "$INSTALLED/lib/liblln.so")" "liblln.so.$VERSION"
    equal pc "$(pkg-config --modversion lln)" "$VERSION"
}

# Expected values, computed by numpy in float64:
#     i = arange(1000)[:, None]; l = arange(8)
#     q = sin(i * (l + 1)); k = 2 * cos(i * (l + 2)); v = c_[i, k[:, :1]]
#     s = q @ k.T / sqrt(8)
#     D2 = mean([s[r, :r + 1].var(ddof=1) for r in range(1, 1000)])
#     s2 = log(1 + 8 * (exp(D2) - 1)) / 2
#     alpha, beta = sqrt(s2) / q.std(ddof=1), sqrt(s2) / k.std(ddof=1)
#     A = tril(exp(alpha * q) @ exp(beta * k).T)
#     print(alpha, beta, (A / A.sum(1, keepdims=True) @ v)[-1])
@test "the example of LLN attention on arrays" {
    skip_instrumented
    run example lln_attention
    equal output "$output" 'alpha 1.652791, beta 0.825471
last row of O: 499.5639 0.188220'
}

# By numpy, for s = q @ k.T / sqrt(2) and each row i:
#     p = exp(s[i, :i + 1]); p /= p.sum()
#     print(-(p * log(p)).sum(), 1 / (p * p).sum())
@test "the example of the entropy of a head" {
    skip_instrumented
    run example entropy
    equal output "$output" 'row 0: 1 keys, entropy 0.000000 nats
row 1: 2 keys, entropy 0.494200 nats
row 2: 3 keys, entropy 0.625135 nats
mean entropy 0.373112 nats, effective keys 1.317711'
}

# q = (1, 0), (2, 1) and k = (1, 1), (0, 3) have the products of cubes (1, 0)
# and (8 + 1, 27).
@test "the example of a kernel of one's own" {
    skip_instrumented
    run example own_kernel
    equal output "$output" 'P = (1.000000 0.000000; 0.250000 0.750000)'
}

@test "a static program needs only the flags of pkg-config --static" {
    skip_instrumented
    # openblas.pc names it.
    [[ $(cc -print-file-name=libgfortran.so) == /* ]] || skip 'no gfortran'
    mkdir archive
    cp "$INSTALLED/lib/liblln.a" archive
    # shellcheck disable=SC2046 # flags
    cc -std=c11 -o own_kernel "$tree/examples/own_kernel.c" -Larchive \
        $(pkg-config --static --cflags --libs lln) -lm
    LD_LIBRARY_PATH='' ./own_kernel | grep 'P ='
}

@test "a C++ program links" {
    command -v g++ > /dev/null || skip 'no g++'
    skip_instrumented
    cat > version.cc << 'EOF'
#include <iostream>
#include <lln/lln.h>
int main()
{
    lln_kernel_choice choice;
    lln_status status = lln_kernel_parse("lin", &choice);
    std::cout << lln_version() << " " << (status == LLN_EINVAL) << "\n";
}
EOF
    # shellcheck disable=SC2046 # flags
    g++ -std=c++17 -o version version.cc $(pkg-config --cflags --libs lln)
    equal output "$(./version)" "$VERSION 1"
}

@test "texts have a decimal point, whatever the locale of the program" {
    skip_instrumented
    mkdir locales
    printf '%s\n' LC_NUMERIC 'decimal_point ","' 'thousands_sep ""' \
        'grouping -1' 'END LC_NUMERIC' > comma
    localedef -c --no-archive -i comma -f ANSI_X3.4-1968 "$PWD/locales/comma" \
        2> /dev/null || [ -d locales/comma ] || skip 'no localedef'
    cat > number.c << 'EOF'
#include <lln/lln.h>
#include <locale.h>
#include <stdio.h>
int main(void)
{
    lln_kernel_choice choice;
    if (!setlocale(LC_ALL, "comma"))
        return 77;
    if (lln_kernel_parse("lln:alpha=1.5:beta=0.25", &choice) != LLN_OK)
        return 1;
    printf("%g %g\n", choice.number[0], choice.number[1]);
}
EOF
    # shellcheck disable=SC2046 # flags
    cc -std=c11 -o number number.c $(pkg-config --cflags --libs lln)
    LOCPATH=$PWD/locales run ./number
    [ "$status" != 77 ] || skip 'no table of characters for localedef'
    equal output "$output" '1,5 0,25'
}

# Expected values, by numpy:
#     q, k, v = (sin(arange(2048.0) * i).reshape(256, 8) for i in (1, 2, 3))
#     P = tril(exp(q @ k.T / sqrt(8))); P /= P.sum(1, keepdims=True)
#     print(mean([-(p[p > 0] * log(p[p > 0])).sum() for p in P]),
#           log(arange(1, 257)).mean(), (P @ v)[-1, 0])
@test "the Python program in lln(3)" {
    skip_instrumented
    python=
    for name in python3 /usr/bin/python3; do
        ! "$name" -c 'import numpy' 2> /dev/null || python=$name
    done
    [ "$python" ] || skip 'no python3 with numpy to run it'
    sed -n '/^import ctypes/,/^\.Ed/p' "$tree/man/lln.3" | sed '$d; s/\\e/\\/g' \
        > program.py
    [ "$(wc -l < program.py)" -le 45 ]
    run "$python" program.py
    equal output "$output" '4.537982 4.559599 -0.000107'
}
