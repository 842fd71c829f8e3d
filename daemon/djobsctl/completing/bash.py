"""The script for bash, 3.2 or later."""

import shlex
from collections.abc import Sequence
from typing import Final

from djobsctl.completing import tables
from djobsctl.completing.model import Command, groups
from djobsctl.completing.tables import Told


def script(commands: Sequence[Command]) -> str:
    """Return the script; ``eval`` it, or source it from ~/.bashrc."""
    firsts = [(first, "") for first in groups(commands)]
    return "\n".join(
        [
            "# bash completion for djobsctl, written by `djobsctl completion bash`.",
            tables.function("_djobsctl_options", tables.option_rows(commands), _words),
            tables.function("_djobsctl_seconds", tables.second_rows(commands), _words),
            tables.function("_djobsctl_values", tables.value_rows(commands), _words),
            f"_djobsctl_firsts={shlex.quote(' '.join(word for word, _ in firsts))}",
            f"_djobsctl_names={shlex.quote('|' + '|'.join(each.name for each in commands) + '|')}",
            _CODE,
        ]
    )


def _words(told: list[Told]) -> str:
    return f"REPLY={shlex.quote(' '.join(word for word, _ in told))}"


_CODE: Final = r"""
_djobsctl_jobs() { "${COMP_WORDS[0]}" completion ids 2>/dev/null | cut -f 1; }

_djobsctl_offer() {
    case "$1" in
        @files) COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null ;;
        @folders) COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null ;;
        @programs) COMPREPLY=() ;;
        @anything) COMPREPLY=() ;;
        @commands) COMPREPLY=($(compgen -W "$_djobsctl_firsts" -- "$cur")) ;;
        @jobs) COMPREPLY=($(compgen -W "$(_djobsctl_jobs)" -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W "$*" -- "$cur")) ;;
    esac
}

_djobsctl() {
    local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local first= second= command= REPLY= i word
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == -- ]]; then
            if ((i + 1 == COMP_CWORD)); then COMPREPLY=($(compgen -c -- "$cur"))
            else COMPREPLY=($(compgen -f -- "$cur")); fi
            return
        fi
        [[ $word == -* ]] && continue
        if [[ -z $first ]]; then first=$word
        elif [[ -z $second ]]; then second=$word; fi
    done
    if [[ -z $first ]]; then
        if [[ $cur == -* ]]; then _djobsctl_offer --json --help --version
        else _djobsctl_offer $_djobsctl_firsts; fi
        return
    fi
    if [[ -n $second && $_djobsctl_names == *"|$first $second|"* ]]; then command="$first $second"
    elif [[ $_djobsctl_names == *"|$first|"* ]]; then command=$first; fi
    if [[ -n $command && $prev == -* ]]; then
        _djobsctl_values "$command:$prev"
        if [[ -n $REPLY ]]; then _djobsctl_offer $REPLY; return; fi
    fi
    if [[ -n $command && $cur == -* ]]; then
        _djobsctl_options "$command"; _djobsctl_offer $REPLY; return
    fi
    local seconds= arguments=
    if [[ -z $second ]]; then _djobsctl_seconds "$first"; seconds=$REPLY; fi
    REPLY=
    [[ -n $command ]] && _djobsctl_values "$command:"
    arguments=$REPLY
    if [[ -n $seconds ]]; then
        local -a found
        found=($(compgen -W "$seconds" -- "$cur"))
        [[ -n $arguments ]] && _djobsctl_offer $arguments
        COMPREPLY=("${found[@]}" "${COMPREPLY[@]}")
    elif [[ -n $arguments ]]; then _djobsctl_offer $arguments; fi
}

complete -F _djobsctl djobsctl
"""
