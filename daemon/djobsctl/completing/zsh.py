"""The script for zsh."""

import shlex
from collections.abc import Sequence
from typing import Final

from djobsctl.completing import tables
from djobsctl.completing.model import Command, group_help, groups
from djobsctl.completing.tables import Told


def script(commands: Sequence[Command]) -> str:
    """Return the script; put it as ``_djobsctl`` into a folder of ``fpath``, or ``eval`` it."""
    firsts = [(first, group_help(first, members)) for first, members in groups(commands).items()]
    names = "|".join(each.name for each in commands)
    return "\n".join(
        [
            "#compdef djobsctl",
            "# zsh completion for djobsctl, written by `djobsctl completion zsh`.",
            tables.function("_djobsctl_options", tables.option_rows(commands), _described),
            tables.function("_djobsctl_seconds", tables.second_rows(commands), _described),
            tables.function("_djobsctl_values", tables.value_rows(commands), _described),
            f"_djobsctl_firsts() {{ {_described(firsts)}; }}",
            f"_djobsctl_names={shlex.quote(f'|{names}|')}",
            _CODE,
        ]
    )


def _described(told: list[Told]) -> str:
    words = (word.replace(":", r"\:") + (f":{text}" if text else "") for word, text in told)
    return f"reply=({' '.join(map(shlex.quote, words))})"


_CODE: Final = r"""
_djobsctl_offer() {
    local -a jobs
    case "$reply[1]" in
        @files) _files ;;
        @folders) _files -/ ;;
        @programs|@anything) return 1 ;;
        @commands) _djobsctl_firsts; _describe command reply ;;
        @jobs)
            jobs=(${(f)"$(${(Q)words[1]} completion ids 2>/dev/null)"})
            jobs=(${jobs/$'\t'/:})
            _describe job jobs ;;
        '') return 1 ;;
        *) _describe "$1" reply ;;
    esac
}

_djobsctl() {
    local first= second= command= word cur=$words[CURRENT] prev=$words[CURRENT-1]
    local -a reply
    integer i
    for ((i = 2; i < CURRENT; i++)); do
        word=$words[i]
        if [[ $word == -- ]]; then
            shift $i words
            ((CURRENT -= i))
            _normal
            return
        fi
        [[ $word == -* ]] && continue
        if [[ -z $first ]]; then first=$word
        elif [[ -z $second ]]; then second=$word; fi
    done
    if [[ -z $first ]]; then
        if [[ $cur == -* ]]; then reply=(--json --help --version); else _djobsctl_firsts; fi
        _describe command reply
        return
    fi
    if [[ -n $second && $_djobsctl_names == *"|$first $second|"* ]]; then command="$first $second"
    elif [[ $_djobsctl_names == *"|$first|"* ]]; then command=$first; fi
    if [[ -n $command && $prev == -* ]]; then
        _djobsctl_values "$command:$prev"
        if (($#reply)); then _djobsctl_offer value; return; fi
    fi
    if [[ -n $command && $cur == -* ]]; then
        _djobsctl_options "$command"
        _describe -o option reply
        return
    fi
    if [[ -z $second ]]; then
        _djobsctl_seconds "$first"
        (($#reply)) && _describe command reply
    fi
    reply=()
    [[ -n $command ]] && _djobsctl_values "$command:"
    _djobsctl_offer argument
}

if [[ $funcstack[1] == _djobsctl ]]; then _djobsctl "$@"; else compdef _djobsctl djobsctl; fi
"""
