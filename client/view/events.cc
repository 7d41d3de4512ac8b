// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/events.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/text.h"
#include "client/view/elapsed.h"
#include "client/view/header.h"
#include "client/view/share.h"
#include "client/view/step_text.h"
#include "client/words.h"

namespace sluice::client {
namespace {

// Also one that had ended and was rolled back unseen: a watch of everything gets both ends.
bool HasEndedBefore(const v1::DeploymentState* before, const v1::DeploymentState& after) {
  if (!IsTerminal(after.status())) return false;
  if (before == nullptr) return true;
  return IsTerminal(before->status()) &&
         (before->status() != after.status() ||
          FromTimestamp(before->end_time()) != FromTimestamp(after.end_time()));
}

absl::Time TimeOf(const v1::DeploymentState* before, const v1::DeploymentState& after,
                  absl::Time now) {
  const bool is_past = HasEndedBefore(before, after) && after.has_end_time();
  return is_past ? FromTimestamp(after.end_time()) : now;
}

class EventWriter {
 public:
  EventWriter(const v1::DeploymentState* before, const v1::DeploymentState& after, absl::Time now)
      : before_(before == nullptr ? v1::DeploymentState::default_instance() : *before),
        after_(after),
        now_(now),
        lead_(absl::StrCat(UtcSeconds(TimeOf(before, after, now)), " ", ShortId(after.id()), " ",
                           after.service(), ": ")) {}

  // How it ended.
  std::vector<Line> WritePast() {
    Line line = StatusText();
    AddEnd(line);
    Add(line.Add(", ").Add(SubjectText()));
    return std::move(lines_);
  }

  // How it stands.
  std::vector<Line> WritePresent() {
    AddSubject();
    const int step = after_.current_step();
    const bool has_begun = step < after_.plan().steps_size() &&
                           after_.plan().steps(step).status() != v1::STEP_STATUS_UNSPECIFIED;
    if (has_begun) AddStep(step, after_.plan().steps(step));
    AddTraffic();
    Line status = StatusText();
    const Line counts = TouchedTargets(after_);
    if (counts.Width() > 0) status.Add(", ").Add(counts);
    Add(status);
    return std::move(lines_);
  }

  std::vector<Line> WriteWhole() {
    AddSubject();
    return Write();
  }

  // What has happened.
  std::vector<Line> Write() {
    AddPhase();
    AddSteps();
    AddTargets();
    AddTraffic();
    AddStatus();
    return std::move(lines_);
  }

 private:
  void Add(const Line& line) { lines_.push_back(Line(lead_, Style::kDim).Add(line)); }

  Line SubjectText() const {
    Line line(absl::StrCat("version ", after_.version()));
    const std::string before = VersionBefore(after_);
    if (!before.empty()) line.Add(absl::StrCat(" (before: ", before, ")"));
    return line.Add(absl::StrCat(", strategy ", StrategyText(after_)));
  }

  void AddSubject() {
    Line line = SubjectText();
    if (!after_.targets().empty()) {
      line.Add(absl::StrCat(", ", Counted(static_cast<size_t>(after_.targets_size()), "target")));
    }
    Add(line);
  }

  Line GoingBack() const {
    Line line("rolling back", Style::kWarning);
    const std::string back = VersionOnWayBack(after_);
    if (!back.empty()) line.Add(absl::StrCat(" to ", back));
    return line;
  }

  void AddPhase() {
    if (after_.phase() != v1::PHASE_ROLLING_BACK || before_.phase() == after_.phase()) return;
    Line line = GoingBack();
    if (!after_.message().empty()) line.Add(absl::StrCat(": ", after_.message()));
    Add(line);
  }

  bool IsSamePlan() const {
    return before_.phase() == after_.phase() &&
           before_.plan().steps_size() == after_.plan().steps_size();
  }

  void AddSteps() {
    for (int i = 0; i < after_.plan().steps_size(); ++i) {
      const v1::Step& step = after_.plan().steps(i);
      const v1::Step& before =
          IsSamePlan() ? before_.plan().steps(i) : v1::Step::default_instance();
      if (step.status() != before.status()) AddStep(i, step);
    }
  }

  void AddStep(int index, const v1::Step& step) {
    const Span icon = StepIcon(step);
    Line line(absl::StrCat("step ", index + 1, "/", after_.plan().steps_size(), " ", StepName(step),
                           ": "));
    line.Add(StepWord(step), icon.style);
    // That it has run for 0s is no news.
    const bool is_news =
        step.status() != v1::STEP_STATUS_RUNNING || step.has_wait() || step.has_gate();
    if (const std::string progress = StepProgress(step, now_); is_news && !progress.empty()) {
      line.Add(absl::StrCat(" (", progress, ")"));
    }
    Add(line);
  }

  void AddTargets() {
    std::map<std::string, const v1::TargetState*> known;
    for (const v1::TargetState& target : before_.targets()) known[target.target().id()] = &target;
    for (const v1::TargetState& target : after_.targets()) {
      const auto found = known.find(target.target().id());
      const v1::TargetState& before =
          found == known.end() ? v1::TargetState::default_instance() : *found->second;
      if (TargetWords(before) != TargetWords(target)) AddTarget(target);
    }
  }

  void AddTarget(const v1::TargetState& target) {
    Line line(absl::StrCat("target ", target.target().id(), ": "));
    line.Add(TargetWords(target), TargetIcon(target).style);
    if (IsFailing(target) && !target.error().empty()) line.Add(absl::StrCat(": ", target.error()));
    Add(line);
    if (const std::string said = TargetComplaint(target); IsFailing(target) && !said.empty()) {
      Add(Line(absl::StrCat("target ", target.target().id(), " said: ", said), Style::kBad));
    }
  }

  void AddTraffic() {
    if (before_.traffic_percentage() == after_.traffic_percentage()) return;
    Add(Line(absl::StrCat(ShareText(after_), " on ", after_.version())));
  }

  Line StatusText() const {
    Line line = StatusLabel(after_.status());
    if (after_.pausing()) line.Add(", pausing");
    const bool goes_back = after_.phase() == v1::PHASE_ROLLING_BACK;
    if (goes_back && !IsTerminal(after_.status())) line.Add(", ").Add(GoingBack());
    if (after_.reason() != v1::REASON_UNSPECIFIED) {
      line.Add(absl::StrCat(" (", Spoken(Word(after_.reason())), ")"));
    }
    if (!MessageText(after_).empty()) line.Add(absl::StrCat(": ", MessageText(after_)));
    return line;
  }

  void AddStatus() {
    if (before_.status() == after_.status() && before_.pausing() == after_.pausing()) return;
    Line line = StatusText();
    if (IsTerminal(after_.status())) AddEnd(line);
    Add(line);
  }

  void AddEnd(Line& line) const {
    if (const std::string elapsed = ElapsedText(after_, now_); !elapsed.empty()) {
      line.Add(absl::StrCat(", after ", elapsed));
    }
    if (after_.fleet().consistency() != v1::FLEET_CONSISTENCY_UNSPECIFIED) {
      line.Add(absl::StrCat(", fleet ", Word(after_.fleet().consistency())));
    }
  }

  const v1::DeploymentState& before_;
  const v1::DeploymentState& after_;
  const absl::Time now_;
  const std::string lead_;
  std::vector<Line> lines_;
};

}  // namespace

std::vector<Line> EventLines(const v1::DeploymentState* before, const v1::DeploymentState& after,
                             absl::Time now) {
  EventWriter writer(before, after, now);
  if (HasEndedBefore(before, after)) return writer.WritePast();
  return before == nullptr ? writer.WritePresent() : writer.Write();
}

std::vector<Line> WholeEventLines(const v1::DeploymentState& state, absl::Time now) {
  return EventWriter(&v1::DeploymentState::default_instance(), state, now).WriteWhole();
}

}  // namespace sluice::client
