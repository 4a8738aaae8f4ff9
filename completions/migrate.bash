# bash completion for migrate, which answers itself: see migrate help completion.
_migrate()
{
    local line=${COMP_LINE:0:COMP_POINT} cur='' lead word text answer ask='' i
    local -a words=()
    # Words are cut at = and : too, here they are put together again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=${word:0:${#line}}
        lead=${line%%[![:space:]]*}
        line=${line#"$lead"}
        if ((i == COMP_CWORD)); then
            word=$line
        fi
        if ((i > 0)) && [[ -z $lead && ${#words[@]} -gt 0 ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"$word"}
    done
    cur=${words[${#words[@]}-1]}
    COMPREPLY=()
    while IFS= read -r answer; do
        case $answer in
        :*) ask=${answer#:} ;;
        *)
            text=${answer%%$'\t'*}
            # What stands before the last = or : stays on the line.
            [[ $cur != *[=:]* || $COMP_WORDBREAKS != *[=:]* ]] || text=${text#"${cur%"${cur##*[=:]}"}"}
            COMPREPLY+=("$text")
            ;;
        esac
    done < <("${words[0]}" completion answer -- "${words[@]:1}" 2>/dev/null)
    case $ask in
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
    programs) while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -c -- "$cur") ;;
    esac
}
complete -o nosort -F _migrate migrate 2>/dev/null || complete -F _migrate migrate
