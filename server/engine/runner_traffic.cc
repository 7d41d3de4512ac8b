// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The steps that move traffic.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/runner.h"
#include "strategy/steps.h"

namespace sluice {

RunOutcome Runner::Do(const v1::SetTraffic& step) {
  const auto call = [&](TrafficRouter& router, const RouteCall& route, std::stop_token stop) {
    return router.SetTraffic(route, step.percentage(), std::move(stop));
  };
  RunOutcome outcome =
      Routed(version_, call, absl::StrCat("traffic to ", PercentText(step.percentage())));
  if (outcome.ok()) RecordTraffic(step.percentage());
  return outcome;
}

RunOutcome Runner::Do(const v1::SwitchTraffic& step) {
  // A switch needs everything before it to have succeeded.
  if (!so_far_.passed_over.ok()) return so_far_.passed_over;
  const auto call = [&](TrafficRouter& router, const RouteCall& route, std::stop_token stop) {
    return router.Switch(route, step.slot(), std::move(stop));
  };
  RunOutcome outcome;
  if (!step.record_only()) {
    outcome = Routed(plan_.version(), call, absl::StrCat("switch to ", step.slot()));
  }
  if (outcome.interrupt != Interrupt::kNone) return outcome;
  if (outcome.ok()) {
    RecordSwitch(step.slot());
  } else if (step.failure_is_tolerated()) {
    PassOver(outcome);
    return {};
  } else if (!policy_.is_way_back) {
    AtEnd([](v1::DeploymentState& state, v1::Step&) {
      state.mutable_result()->set_targets_failed(state.result().targets_failed() + 1);
    });
  }
  return outcome;
}

RunOutcome Runner::Do(const v1::SetFlag& step) {
  const auto call = [&](TrafficRouter& router, const RouteCall& route, std::stop_token stop) {
    return router.SetFlag(route, step.name(), step.percentage(), std::move(stop));
  };
  RunOutcome outcome = Routed(version_, call, absl::StrCat("flag ", step.name()));
  if (!outcome.ok()) return outcome;
  AtEnd([name = step.name()](v1::DeploymentState& state, v1::Step&) {
    (*state.mutable_metadata())["flag_name"] = name;
  });
  RecordTraffic(step.percentage());
  return outcome;
}

void Runner::RecordSwitch(const std::string& slot) {
  AtEnd([=](v1::DeploymentState& state, v1::Step&) {
    (*state.mutable_metadata())["active_slot"] = slot;
  });
  // The share is the deployment's version's: on the way back another one gets all.
  RecordTraffic(policy_.is_way_back ? 0 : 100);
}

void Runner::RecordTraffic(double percentage) {
  AtEnd([=](v1::DeploymentState& state, v1::Step&) { state.set_traffic_percentage(percentage); });
}

RunOutcome Runner::Routed(const std::string& version, const RouterCall& call,
                          const std::string& what) {
  if (const Interrupt interrupt = AwaitDurable(); interrupt != Interrupt::kNone) {
    return {.interrupt = interrupt};
  }
  const absl::Status status = CallRouter(context_, version, call);
  if (status.ok()) return {};
  if (const Interrupt interrupt = context_.control.interrupt(); interrupt != Interrupt::kNone) {
    return {.interrupt = interrupt};
  }
  RunOutcome failure{
      .reason = v1::REASON_TRAFFIC_FAILED,
      .message = absl::StrCat(what, ": ", ShortError(status.message(), kMaxErrorBytes))};
  AtEnd([room = context_.text_room, text = failure.message](v1::DeploymentState& state, v1::Step&) {
    AddErrors(room, {text}, state);
  });
  return failure;
}

}  // namespace sluice
