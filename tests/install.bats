#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make install, and the pages from the tree.
# shellcheck disable=SC2154 # variables that helper.bash sets
load helper

tree=$BATS_TEST_DIRNAME/..

@test "make install puts tools and pages under DESTDIR and PREFIX" {
    make -C "$tree" install BUILD="$(dirname "$LLN_BIN")" \
        DESTDIR="$PWD/root" PREFIX=/opt/lln
    equal tools "$(ls root/opt/lln/bin)" \
        "$(find "$tree/tools" -name 'lln-*.c' -printf '%f\n' | sort |
            sed 's/..$//')"
    for section in 1 7; do
        equal pages "$(ls "root/opt/lln/share/man/man$section")" \
            "$(find "$tree/man" -name "*.$section" -printf '%f\n' | sort)"
    done
    equal version "$(root/opt/lln/bin/lln-entropy --version)" \
        "$(lln-entropy --version)"
    man -M "$PWD/root/opt/lln/share/man" lln-entropy | grep -q entropy_nats
}

@test "every tool has a page, which man finds in the tree" {
    MANPATH=$(dirname "$LLN_BIN")/man man lln-kernels | grep -q performer
    for tool in "$LLN_BIN"/lln-*; do
        tool=$(basename "$tool")
        MANPATH=$(dirname "$LLN_BIN")/man man "$tool" > page
        grep -q "$tool" page
        grep -q 'OUTPUT COLUMNS' page
    done
}
