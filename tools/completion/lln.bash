# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion for bash of the tools of lln-tools. The tool on the line answers;
# tools/complete.h describes the answers. The package bash-completion is not
# needed.
# shellcheck shell=bash

# _lln_tools_plain WORD: sets `plain` to the word without quotes of the shell.
_lln_tools_plain() {
    plain=$1
    [[ ${plain:0:2} != \~/ ]] || plain=$HOME/${plain:2}
    plain=${plain//\\\\/$'\1'}
    plain=${plain//[\"\'\\]/}
    plain=${plain//$'\1'/\\}
}

# _lln_tools_words: sets `words` to the words of the line after the tool, up to
# the cursor, and `piece` to the end of the last word. Bash divides words at "="
# and ":" too.
_lln_tools_words() {
    local line=${COMP_LINE:0:COMP_POINT} i rest
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:space:]]*}"}
        piece=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || piece=$rest
        if ((i == 0)) || [[ $rest != "$line" ]]; then
            words+=("$piece")
        else
            words[${#words[@]} - 1]+=$piece
        fi
        line=${rest#"$piece"}
    done
    words=("${words[@]:1}")
    for i in "${!words[@]}"; do
        _lln_tools_plain "${words[i]}"
        words[i]=$plain
    done
}

# _lln_tools_keep: sets `kept` to the part of the current word that bash keeps:
# up to its last "=", ":" or "@", or up to an open quote.
_lln_tools_keep() {
    local mark breaks=
    kept=
    if [[ $piece = [\"\']* ]]; then
        _lln_tools_plain "$piece"
        kept=${cur%"$plain"}
        return
    fi
    for mark in = : @; do
        [[ $COMP_WORDBREAKS != *$mark* ]] || breaks+=$mark
    done
    [[ -z $breaks ]] || kept=${cur%"${cur##*["$breaks"]}"}
}

# _lln_tools_add CANDIDATE: adds what bash inserts in place of the rest of the
# word, in quotes.
_lln_tools_add() {
    local text=${1#"$kept"}
    [[ $piece = [\"\']* || $text != *[![:alnum:]_.,:=@+/%-]* ]] ||
        printf -v text %q "$text"
    COMPREPLY+=("$text")
}

# _lln_tools_files PREFIX: adds the names of files that may follow it.
_lln_tools_files() {
    local name
    compopt -o filenames 2> /dev/null
    while IFS= read -r name; do
        name=$1$name
        COMPREPLY+=("${name#"$kept"}")
    done < <(compgen -f -- "${cur#"$1"}")
}

# _lln_tools TOOL
_lln_tools() {
    local words piece plain cur kept line tool
    COMPREPLY=()
    _lln_tools_words
    ((${#words[@]} > 0)) || return
    _lln_tools_plain "$1"
    tool=$plain
    cur=${words[${#words[@]} - 1]}
    _lln_tools_keep
    while IFS= read -r line; do
        case $line in
        :nospace) compopt -o nospace 2> /dev/null ;;
        :files*) _lln_tools_files "${line#:files }" ;;
        :*) ;;
        *) _lln_tools_add "${line%%$'\t'*}" ;;
        esac
    done < <("$tool" --complete -- "${words[@]}" 2> /dev/null < /dev/null)
}

complete -F _lln_tools lln-attend lln-entropy lln-match lln-plot lln-spectral \
    lln-stats lln-train
