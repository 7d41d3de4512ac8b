// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/header.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/strategy_flags.h"
#include "client/text.h"
#include "client/view/elapsed.h"
#include "client/view/share.h"
#include "client/view/step_text.h"
#include "client/words.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

constexpr int kValueColumn = 13;
constexpr int kWidestBar = 30;
constexpr size_t kMostListedVersions = 3;
// On a page that has to fit the terminal.
constexpr size_t kMostMessageLines = 3;
// A lower page says the same in fewer lines, so that the present step stays in sight.
constexpr int kRoomyHeight = 18;

bool IsLow(const ViewOptions& options) {
  return options.height > 0 && options.height < kRoomyHeight;
}

size_t MostMessageLines(const ViewOptions& options) {
  if (options.height == 0 || options.whole) return 0;
  return IsLow(options) ? 1 : kMostMessageLines;
}

Line Field(const std::string& key, const Line& value) {
  return Line(key + ":", Style::kBold).PadTo(kValueColumn).Add(value);
}

struct TargetCounts {
  int total = 0;
  int done = 0;
  int failed = 0;
};

TargetCounts CountTargets(const v1::DeploymentState& state) {
  const bool going_back = state.phase() == v1::PHASE_ROLLING_BACK;
  const v1::TargetPhase goal =
      going_back ? v1::TARGET_PHASE_ROLLED_BACK : v1::TARGET_PHASE_SUCCEEDED;
  TargetCounts counts;
  for (const v1::TargetState& target : state.targets()) {
    // Going back concerns only what was touched.
    if (going_back && target.phase() == v1::TARGET_PHASE_UNSPECIFIED) continue;
    ++counts.total;
    counts.done += target.phase() == goal ? 1 : 0;
    counts.failed += target.phase() == v1::TARGET_PHASE_FAILED ? 1 : 0;
  }
  return counts;
}

Line Bar(double share, int width) {
  const int columns = std::clamp(width - 50, 10, kWidestBar);
  const int filled = std::clamp(static_cast<int>(share * columns), 0, columns);
  std::string full, empty;
  for (int i = 0; i < filled; ++i) full += "█";
  for (int i = filled; i < columns; ++i) empty += "░";
  return Line(full, Style::kGood).Add(empty, Style::kDim);
}

Line CountsText(const TargetCounts& counts, v1::Phase phase) {
  Line line(fmt::format("{}/{} {}", counts.done, counts.total,
                        phase == v1::PHASE_ROLLING_BACK ? "back" : "updated"));
  if (counts.failed > 0) line.Add(fmt::format(", {} failed", counts.failed), Style::kBad);
  return line;
}

Line TargetProgress(const v1::DeploymentState& state, int width) {
  const TargetCounts counts = CountTargets(state);
  const double share = counts.total == 0 ? 0 : static_cast<double>(counts.done) / counts.total;
  return Bar(share, width).Add(" ").Add(CountsText(counts, state.phase()));
}

bool DeploysTargets(const v1::Plan& plan) {
  return std::any_of(plan.steps().begin(), plan.steps().end(),
                     [](const v1::Step& step) { return step.has_deploy_targets(); });
}

// A gate says itself how to go on.
bool IsAtGate(const v1::DeploymentState& state) {
  return state.current_step() < state.plan().steps_size() &&
         state.plan().steps(state.current_step()).gate_reached();
}

Line StatusText(const v1::DeploymentState& state) {
  Line line = StatusLabel(state.status());
  if (state.stop_requested() == v1::REASON_ABORTED) line.Add(", aborting", Style::kWarning);
  if (state.stop_requested() == v1::REASON_ROLLBACK_REQUESTED) {
    line.Add(", about to roll back", Style::kWarning);
  }
  if (state.pausing()) {
    line.Add(", pausing: calls that had begun are finished first");
  } else if (state.status() == v1::STATUS_PAUSED && !IsAtGate(state)) {
    line.Add(", `sluice resume` goes on");
  }
  if (state.phase() == v1::PHASE_ROLLING_BACK && !IsTerminal(state.status())) {
    line.Add(", rolling back", Style::kWarning);
  }
  if (state.reason() != v1::REASON_UNSPECIFIED) {
    line.Add(absl::StrCat(" (", Spoken(Word(state.reason())), ")"));
  }
  return line;
}

// Of the targets that `counts`. What the targets of an idle slot had nobody goes back to.
std::string VersionsBefore(const v1::DeploymentState& state,
                           absl::FunctionRef<bool(const v1::TargetState&)> counts) {
  std::set<std::string> versions;
  for (const v1::TargetState& target : state.targets()) {
    if (counts(target) && !target.previous_version().empty()) {
      versions.insert(target.previous_version());
    }
  }
  if (versions.empty() || state.strategy() == "blue_green") return state.previous_version();
  if (versions.size() > kMostListedVersions) return fmt::format("{} versions", versions.size());
  return absl::StrJoin(versions, ", ");
}

Line VersionText(const v1::DeploymentState& state) {
  Line line(state.version(), Style::kActive);
  const std::string before = VersionBefore(state);
  if (!before.empty()) line.Add(absl::StrCat(" (before: ", before, ")"));
  return line;
}

Line FleetText(const v1::Fleet& fleet) {
  Line line = FleetLabel(fleet.consistency());
  if (!fleet.version().empty()) line.Add(absl::StrCat(" on ", fleet.version()));
  return line;
}

void AddSubject(const v1::DeploymentState& state, const ViewOptions& options,
                std::vector<Line>& lines) {
  const std::string id = options.wide ? state.id() : ShortId(state.id());
  if (IsLow(options)) {
    Line subject(absl::StrCat(id, " ", state.service(), " "));
    lines.push_back(Field("Deployment", subject.Add(VersionText(state))));
    return;
  }
  lines.push_back(Field("Deployment", Line(id)));
  lines.push_back(Field("Service", Line(state.service())));
  lines.push_back(Field("Version", VersionText(state)));
  lines.push_back(Field("Strategy", Line(StrategyText(state))));
}

void AddStep(const v1::DeploymentState& state, std::vector<Line>& lines) {
  if (state.plan().steps().empty()) return;
  Line line(StepCounter(state));
  if (state.current_step() < state.plan().steps_size()) {
    line.Add(" ").Add(StepName(state.plan().steps(state.current_step())));
  }
  lines.push_back(Field("Step", line));
}

// Where it is, which the tree shows too, and since when.
void AddCourse(const v1::DeploymentState& state, const ViewOptions& options,
               std::vector<Line>& lines) {
  AddStep(state, lines);
  const std::string elapsed = ElapsedText(state, options.now);
  if (!elapsed.empty()) lines.push_back(Field("Elapsed", Line(elapsed)));
}

void AddProgress(const v1::DeploymentState& state, int width, std::vector<Line>& lines) {
  // The way back of a switch deploys nothing.
  const bool counts = state.phase() != v1::PHASE_ROLLING_BACK || DeploysTargets(state.plan());
  if (!state.targets().empty() && counts) {
    lines.push_back(Field("Targets", TargetProgress(state, width)));
  }
  if (!state.targets().empty() && !MovesTraffic(state.plan())) return;
  Line traffic = Bar(state.traffic_percentage() / 100, width);
  traffic.Add(fmt::format(" {:g}%", state.traffic_percentage()));
  lines.push_back(Field("Traffic", traffic));
}

void AddMessage(const v1::DeploymentState& state, const ViewOptions& options,
                std::vector<Line>& lines) {
  const std::string message = MessageText(state);
  if (message.empty()) return;
  const int width = options.width > 0 ? std::max(options.width - kValueColumn, 1) : 0;
  std::string key = "Message";
  for (const std::string& part : Wrap(Printable(message), width, MostMessageLines(options))) {
    lines.push_back(key.empty() ? Line().PadTo(kValueColumn).Add(part) : Field(key, Line(part)));
    key.clear();
  }
}

void AddWideFields(const v1::DeploymentState& state, std::vector<Line>& lines) {
  const auto add = [&lines](const char* key, const std::string& value) {
    if (!value.empty()) lines.push_back(Field(key, Line(value)));
  };
  add("Created", state.has_create_time() ? UtcSeconds(FromTimestamp(state.create_time())) : "");
  add("Ended", state.has_end_time() ? UtcSeconds(FromTimestamp(state.end_time())) : "");
  add("Asked for", state.request_reason());
  add("Verb reason", state.control_reason());
  add("Request id", state.request_id());
  add("Revision", absl::StrCat(state.revision()));
  const std::map<std::string, std::string> metadata(state.metadata().begin(),
                                                    state.metadata().end());
  for (const auto& [key, value] : metadata) add("Metadata", absl::StrCat(key, "=", value));
  for (const std::string& error : state.result().errors()) add("Error", error);
}

}  // namespace

std::string StepCounter(const v1::DeploymentState& state) {
  const int steps = state.plan().steps_size();
  return absl::StrCat(std::min(state.current_step() + 1, steps), "/", steps);
}

std::string StrategyText(const v1::DeploymentState& state) {
  const std::string name = StrategyNameOf(state.strategy_options());
  return name.empty() ? state.strategy() : name;
}

Line TouchedTargets(const v1::DeploymentState& state) {
  const TargetCounts counts = CountTargets(state);
  return counts.done + counts.failed > 0 ? CountsText(counts, state.phase()) : Line();
}

std::string MessageText(const v1::DeploymentState& state) {
  return state.message() == Spoken(Word(state.reason())) ? "" : state.message();
}

std::vector<Line> RenderHeader(const v1::DeploymentState& state, const ViewOptions& options) {
  std::vector<Line> lines;
  AddSubject(state, options, lines);
  lines.push_back(Field("Status", StatusText(state)));
  AddMessage(state, options, lines);
  if (!IsLow(options)) AddCourse(state, options, lines);
  AddProgress(state, options.width, lines);
  if (state.fleet().consistency() != v1::FLEET_CONSISTENCY_UNSPECIFIED) {
    lines.push_back(Field("Fleet", FleetText(state.fleet())));
  }
  if (options.wide) AddWideFields(state, lines);
  return lines;
}

std::string VersionBefore(const v1::DeploymentState& state) {
  return VersionsBefore(state, [](const v1::TargetState&) { return true; });
}

std::string VersionOnWayBack(const v1::DeploymentState& state) {
  return VersionsBefore(state, [](const v1::TargetState& target) { return target.attempts() > 0; });
}

}  // namespace sluice::client
