# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion for lln-plot, which reads this file when a shell asks for it.
# tools/complete.h describes the answers. `plots` and `options` are those of
# lln-plot.
# shellcheck shell=sh disable=SC2154 # plots

# needs_value NAME: whether the option with this name has a value.
needs_value() {
    options | awk -F '|' -v name="$1" \
        '$1 == name && $3 != "" { found = 1 } END { exit !found }'
}

# read_words WORD...: reads the words before the last one: the table, the
# options that are used, and the option whose value is the last word.
read_words() {
    table='' option='' used=' '
    while [ $# -gt 1 ]; do
        name=
        case $1 in
        --?*=*) name=${1%%=*} used="$used${name#--} " name= ;;
        --?*) name=${1#--} ;;
        -o) name=output ;;
        -*) ;;
        *) table=$1 ;;
        esac
        shift
        [ "$name" ] || continue
        used="$used$name "
        needs_value "$name" || continue
        if [ $# -gt 1 ]; then shift; else option=$name; fi
    done
    word=$1
}

offer_options() {
    options | awk -F '|' -v word="$word" -v used="$used" '
        index(used, " " $1 " ") == 0 && index("--" $1, word) == 1 {
            print "--" $1 "\t" $4
        }'
}

# list_values: all values of the option, or what tools/complete.h says of files.
list_values() {
    case $option in
    theme) printf '%s\n' light dark ;;
    log) printf '%s\n' x y xy none ;;
    by | x | map | y)
        [ ! -f "$table" ] || head -n 1 -- "$table" |
            awk -f "$plots/read.awk" 2> /dev/null | tr '\t' '\n'
        [ "$option" != by ] || echo column
        ;;
    size | font-size | title) ;;
    *) printf ':files %s\n' "$before" ;;
    esac
}

# offer WORD...: answers for the last word. `before` is the part of it that
# stays as it is.
offer() {
    read_words "$@"
    before=
    case $word in
    --?*=*)
        option=${word%%=*} option=${option#--}
        before=--$option= word=${word#*=}
        ;;
    -*)
        if [ -z "$option" ]; then
            offer_options
            return
        fi
        ;;
    esac
    if [ "$option" = y ]; then
        printf ':nospace\n'
        case $word in *,*) before=$before${word%,*}, word=${word##*,} ;; esac
    fi
    list_values | awk -v before="$before" -v word="$before$word" '
        /^:/ { print; next }
        index(before $0, word) == 1 { print before $0 }'
}
