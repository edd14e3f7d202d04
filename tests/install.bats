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
    for section in 1 3 5 7; do
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

# described PAGE: what apropos finds: the name and the description of a page.
described() {
    awk '
        /^\.Sh / { inside = $2 == "NAME" }
        inside && $1 == ".Nm" { name = $2 }
        inside && $1 == ".Nd" { sub(/^\.Nd /, ""); print name " - " $0 }' "$1"
}

@test "man finds every page, by the name that its NAME line begins with" {
    local pages
    pages=$(dirname "$LLN_BIN")/man
    for page in "$pages"/man?/*; do
        local file=${page##*/} section=${page##*.}
        [[ $(described "$page") == "${file%.*} - "?* ]]
        equal "$file" "$(man -M "$pages" -w "$section" "${file%.*}")" "$page"
        man -M "$pages" "$section" "${file%.*}" | grep -q "^ *${file%.*} "
    done
}
