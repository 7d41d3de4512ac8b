// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/grammar/deploy_flags.h"

#include <string>

#include "client/grammar/flag.h"
#include "client/strategy_flags.h"

namespace sluice::client {
namespace {

void AddStrategyFlags(CLI::App& verb, DeployOptions& options) {
  auto& parameters = options.strategy_parameters;
  for (const StrategyFlag& flag : StrategyFlags()) {
    const auto keep = [&parameters, field = flag.field](const std::string& text) {
      parameters.emplace_back(field, text);
    };
    CLI::Option* option = flag.is_switch
                              ? verb.add_flag_callback(
                                    flag.flags, [keep] { keep("true"); }, flag.help)
                              : verb.add_option_function<std::string>(flag.flags, keep, flag.help);
    option->group("Strategy");
  }
}

}  // namespace

void AddDeploymentFlags(CLI::App& verb, DeployOptions& options) {
  verb.add_option("SERVICE", options.service, "what is deployed");
  verb.add_option("VERSION", options.version, "the version it is brought to");
  verb.add_option("--file,-f", options.file,
                  "read the request from a YAML file (- is standard input); flags go over it");
  verb.add_option("--strategy", options.strategy,
                  "on targets: rolling, blue_green, canary; on traffic or a flag: "
                  "rolling_strategy, canary_strategy, blue_green_strategy, feature_flag (the "
                  "service's configured one, of which a strategy named here takes nothing over)");
  verb.add_option("--target", options.targets, "ID or ID=ADDRESS; may be repeated (all)")
      ->allow_extra_args(false);
  verb.add_option("--on-failure", options.on_failure,
                  "rollback, stop or continue (the service's, else rollback)")
      ->check(OneOf({"rollback", "stop", "continue"}));
  verb.add_option(
          "--on-uncertain", options.on_uncertain,
          "after a crash of the daemon that leaves a target unknown: probe_then_retry, pause "
          "or rollback (the service's, else probe_then_retry)")
      ->check(OneOf({"probe_then_retry", "pause", "rollback"}));
  verb.add_option("--max-failed-targets", options.max_failed_targets,
                  "targets that may fail without failing the deployment (the service's, else 0)");
  AddDuration(verb, "--progress-deadline", options.progress_deadline,
              "longest time without progress (the service's, else 10m)");
  verb.add_option("--reason", options.reason, "why; kept in the record");
  verb.add_option("--metadata", options.metadata, "KEY=VALUE; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--request-id", options.request_id,
                  "the same id returns the same deployment (a random one)");
  AddStrategyFlags(verb, options);
}

}  // namespace sluice::client
