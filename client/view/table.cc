// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/text.h"
#include "client/view/header.h"
#include "client/words.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

constexpr int kGap = 2;

Line OrDash(const std::string& text) { return Line(text.empty() ? "-" : text); }

std::vector<Line> DeploymentRow(const v1::DeploymentState& state, absl::Time now, bool wide) {
  const std::string age =
      state.has_create_time() ? ShortDuration(now - FromTimestamp(state.create_time())) : "";
  std::vector<Line> cells = {Line(wide ? state.id() : ShortId(state.id())),
                             Line(state.service()),
                             Line(state.version()),
                             Line(StrategyText(state)),
                             StatusLabel(state.status()),
                             OrDash(state.plan().steps().empty() ? "" : StepCounter(state)),
                             Line(fmt::format("{:.3g}%", state.traffic_percentage())),
                             OrDash(age)};
  if (!wide) return cells;
  cells.push_back(OrDash(state.previous_version()));
  const bool has_fleet = state.fleet().consistency() != v1::FLEET_CONSISTENCY_UNSPECIFIED;
  cells.push_back(OrDash(has_fleet ? Word(state.fleet().consistency()) : ""));
  const bool has_reason = state.reason() != v1::REASON_UNSPECIFIED;
  cells.push_back(OrDash(has_reason ? Word(state.reason()) : ""));
  cells.push_back(OrDash(state.message()));
  return cells;
}

}  // namespace

std::vector<Line> RenderTable(const std::vector<std::string>& titles,
                              const std::vector<std::vector<Line>>& rows) {
  std::vector<int> ends;
  int end = 0;
  for (size_t column = 0; column < titles.size(); ++column) {
    int width = DisplayWidth(titles[column]);
    for (const auto& row : rows) width = std::max(width, row[column].Width());
    end += width + kGap;
    ends.push_back(end);
  }
  std::vector<Line> lines(rows.size() + 1);
  for (size_t column = 0; column < titles.size(); ++column) {
    const bool last = column + 1 == titles.size();
    lines[0].Add(titles[column], Style::kBold);
    for (size_t row = 0; row < rows.size(); ++row) lines[row + 1].Add(rows[row][column]);
    // No blanks at the end of a line.
    if (last) break;
    for (Line& line : lines) line.PadTo(ends[column]);
  }
  return lines;
}

std::vector<Line> DeploymentTable(const v1::ListStatesResponse& list, absl::Time now, bool wide) {
  std::vector<std::string> titles = {"ID",     "SERVICE", "VERSION", "STRATEGY",
                                     "STATUS", "STEP",    "TRAFFIC", "AGE"};
  if (wide) titles.insert(titles.end(), {"PREVIOUS", "FLEET", "REASON", "MESSAGE"});
  std::vector<std::vector<Line>> rows;
  for (const v1::DeploymentState& state : list.states()) {
    rows.push_back(DeploymentRow(state, now, wide));
  }
  return RenderTable(titles, rows);
}

std::vector<Line> ServiceTable(const v1::ListServicesResponse& list, bool wide) {
  std::vector<std::vector<Line>> rows;
  for (const v1::Service& service : list.services()) {
    const auto id = [wide](const std::string& full) { return OrDash(wide ? full : ShortId(full)); };
    rows.push_back({Line(service.name()), OrDash(service.active_version()),
                    service.has_fleet() ? FleetLabel(service.fleet().consistency()) : OrDash(""),
                    id(service.active_deployment_id()), id(service.latest_deployment_id()),
                    Line(absl::StrCat(service.target_count())),
                    Line(service.configured() ? "yes" : "no")});
  }
  return RenderTable({"SERVICE", "VERSION", "FLEET", "ACTIVE", "LATEST", "TARGETS", "CONFIGURED"},
                     rows);
}

}  // namespace sluice::client
