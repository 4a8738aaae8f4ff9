# fish completion for migrate, which answers itself: see migrate help completion.
function __migrate_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l head (string match -r -- '^--[a-z-]+=' $word)
    set -l rest (string replace -r -- '^--[a-z-]+=' '' $word)
    for answer in ($words[1] completion answer -- $words[2..-1] "$word" 2>/dev/null)
        switch $answer
            case :files
                for path in (__fish_complete_path "$rest")
                    echo "$head$path"
                end
            case :folders
                for path in (__fish_complete_directories "$rest")
                    echo "$head$path"
                end
            case :programs
                __fish_complete_command
            case '*'
                echo $answer
        end
    end
end
complete -c migrate -f -k -a '(__migrate_complete)'
