# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion for fish of the tools of lln-tools. The tool on the line answers;
# tools/complete.h describes the answers.

function __lln_tools
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l plain (string unescape -- "$word")
    or set plain (string replace -r '^["\']' '' -- "$word")
    set words (string replace -r '^~/' $HOME/ -- $words "$plain")
    for line in ($words[1] --complete -- $words[2..] 2> /dev/null < /dev/null)
        switch $line
            case ':files*'
                set -l prefix (string replace ':files ' '' -- $line)
                set -l start (math (string length -- "$prefix") + 1)
                for name in (__fish_complete_path \
                        (string sub -s $start -- "$plain"))
                    echo -- $prefix$name
                end
            case ':*'
            case '*'
                echo -- $line
        end
    end
end

for tool in lln-{attend,entropy,match,plot,spectral,stats,train}
    complete -c $tool -f -a '(__lln_tools)'
end
