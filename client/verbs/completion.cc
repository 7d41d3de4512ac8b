// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

// __complete prints a candidate a line; its exit code 1 says that a file may stand there too.

// Readline breaks words at = and :, and replaces only what is behind them.
constexpr char kBash[] = R"(# bash completion for sluice: source <(sluice completion bash)
_sluice() {
  local IFS=$'\n' word glued= words=() cur=${COMP_WORDS[COMP_CWORD]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ ( $word == [=:] || -n $glued ) && ${#words[@]} -gt 0 ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    glued=
    [[ $word == [=:] ]] && glued=yes
  done
  [[ $cur == [=:] ]] && cur=
  COMPREPLY=($(sluice __complete "${words[@]}" 2>/dev/null))
  [[ $? -eq 1 ]] && compopt -o default
  COMPREPLY=("${COMPREPLY[@]#"${words[-1]%"$cur"}"}")
}
complete -F _sluice sluice
)";

constexpr char kZsh[] = R"(#compdef sluice
# zsh completion for sluice: source <(sluice completion zsh), after compinit; or a file _sluice in fpath
_sluice() {
  local output file
  local -a candidates
  output=$(sluice __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  file=$?
  candidates=("${(@f)output}")
  [[ -n $output ]] && compadd -- "${candidates[@]}"
  [[ $file -eq 1 ]] && { compset -P '--*='; compset -P unix:; _files }
}
if [[ ${funcstack[1]} == _sluice ]]; then
  _sluice "$@"
else
  compdef _sluice sluice
fi
)";

constexpr char kFish[] = R"(# fish completion for sluice: sluice completion fish | source
function __sluice_complete
  set -l words (commandline -opc)
  set -l token (commandline -ct)
  sluice __complete $words[2..-1] "$token" 2>/dev/null
  if test $status -eq 1
    set -l begun (string match -r -- '^(?:--[^=]*=)?(?:unix:)?' "$token")
    __fish_complete_path (string replace -- "$begun" '' "$token") | string replace -r '^' -- "$begun"
  end
end
complete -c sluice -f -a '(__sluice_complete)'
)";

}  // namespace

ExitCode Run(const CompletionOptions& options, Session& session) {
  const bool bash = options.shell == "bash";
  session.console.Write(std::string(bash ? kBash : options.shell == "zsh" ? kZsh : kFish));
  return ExitCode::kDone;
}

}  // namespace sluice::client
