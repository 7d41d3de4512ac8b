// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

constexpr char kBash[] = R"(# bash completion for sluice: source <(sluice completion bash)
_sluice() {
  local IFS=$'\n'
  COMPREPLY=($(sluice __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _sluice sluice
)";

constexpr char kZsh[] = R"(#compdef sluice
# zsh completion for sluice: source <(sluice completion zsh)
_sluice() {
  local -a candidates
  candidates=("${(@f)$(sluice __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${candidates[1]}" ]]; then
    compadd -- "${candidates[@]}"
  else
    _files
  fi
}
compdef _sluice sluice
)";

constexpr char kFish[] = R"(# fish completion for sluice: sluice completion fish | source
function __sluice_complete
  set -l words (commandline -opc) (commandline -ct)
  sluice __complete $words[2..-1] 2>/dev/null
end
complete -c sluice -a '(__sluice_complete)'
)";

}  // namespace

ExitCode Run(const CompletionOptions& options, Session& session) {
  const bool bash = options.shell == "bash";
  session.console.Write(std::string(bash ? kBash : options.shell == "zsh" ? kZsh : kFish));
  return ExitCode::kDone;
}

}  // namespace sluice::client
