// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/table.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/text.h"
#include "client/view/header.h"
#include "client/view/share.h"
#include "client/words.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

constexpr int kGap = 2;
// What still tells most services and versions apart.
constexpr int kLeastName = 12;

using Rows = std::vector<std::vector<Line>>;

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
                             Line(fmt::format("{:.3g}%", ShareOnVersion(state))),
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

std::vector<int> WidthsOf(const std::vector<Column>& columns, const Rows& rows) {
  std::vector<int> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    int width = DisplayWidth(columns[i].title);
    for (const auto& row : rows) width = std::max(width, row[i].Width());
    widths.push_back(width);
  }
  return widths;
}

std::vector<int> LeastOf(const std::vector<Column>& columns, std::vector<int> widths) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].least > 0) widths[i] = std::min(widths[i], columns[i].least);
  }
  return widths;
}

int Total(const std::vector<int>& widths) {
  return std::accumulate(widths.begin(), widths.end(), 0) +
         kGap * (static_cast<int>(widths.size()) - 1);
}

void Erase(size_t column, std::vector<Column>& columns, Rows& rows) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  columns.erase(columns.begin() + at);
  for (auto& row : rows) row.erase(row.begin() + at);
}

// Until the others have room, cut as far as they may be.
void LeaveOut(std::vector<Column>& columns, Rows& rows, int width) {
  while (Total(LeastOf(columns, WidthsOf(columns, rows))) > width) {
    const auto next = std::max_element(
        columns.begin(), columns.end(),
        [](const Column& a, const Column& b) { return a.expendable < b.expendable; });
    if (next->expendable == 0) return;
    Erase(static_cast<size_t>(next - columns.begin()), columns, rows);
  }
}

// Whichever could lose most goes first.
void Shorten(const std::vector<Column>& columns, Rows& rows, int width) {
  std::vector<int> widths = WidthsOf(columns, rows);
  const std::vector<int> least = LeastOf(columns, widths);
  const auto spare = [&](size_t i) { return widths[i] - least[i]; };
  while (Total(widths) > width) {
    size_t next = 0;
    for (size_t i = 1; i < widths.size(); ++i) next = spare(i) > spare(next) ? i : next;
    if (spare(next) == 0) break;
    --widths[next];
  }
  for (auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) row[i] = row[i].CutTo(widths[i]);
  }
}

}  // namespace

std::vector<Line> RenderTable(std::vector<Column> columns, Rows rows, int width) {
  const size_t all = columns.size();
  if (width > 0) {
    LeaveOut(columns, rows, width);
    Shorten(columns, rows, width);
  }
  const bool is_whole = columns.size() == all;
  const std::vector<int> widths = WidthsOf(columns, rows);
  std::vector<Line> lines(rows.size() + 1);
  int end = 0;
  for (size_t column = 0; column < columns.size(); ++column) {
    const bool last = column + 1 == columns.size();
    end += widths[column] + kGap;
    lines[0].Add(columns[column].title, Style::kBold);
    for (size_t row = 0; row < rows.size(); ++row) lines[row + 1].Add(rows[row][column]);
    // No blanks at the end of a line.
    if (last) break;
    for (Line& line : lines) line.PadTo(end);
  }
  if (!is_whole) lines[0].Add(" …", Style::kBold);
  return lines;
}

std::vector<Line> DeploymentTable(const v1::ListStatesResponse& list, absl::Time now, bool wide,
                                  int width) {
  std::vector<Column> columns = {{"ID"},
                                 {"SERVICE", 0, kLeastName},
                                 {"VERSION", 1, kLeastName},
                                 {"STRATEGY", 4},
                                 {"STATUS"},
                                 {"STEP", 2},
                                 {"TRAFFIC", 3},
                                 {"AGE", 5}};
  if (wide) columns.insert(columns.end(), {{"PREVIOUS"}, {"FLEET"}, {"REASON"}, {"MESSAGE"}});
  Rows rows;
  for (const v1::DeploymentState& state : list.states()) {
    rows.push_back(DeploymentRow(state, now, wide));
  }
  return RenderTable(std::move(columns), std::move(rows), width);
}

namespace {

// With its version where that is not the active one: a flag's rollout completes at 0 % too.
Line ServiceFleet(const v1::Service& service) {
  if (!service.has_fleet()) return OrDash("");
  const v1::Fleet& fleet = service.fleet();
  Line line = FleetLabel(fleet.consistency());
  const bool differs = !fleet.version().empty() && fleet.version() != service.active_version();
  if (differs) line.Add(absl::StrCat(" on ", fleet.version()));
  return line;
}

}  // namespace

std::vector<Line> ServiceTable(const v1::ListServicesResponse& list, bool wide, int width) {
  Rows rows;
  for (const v1::Service& service : list.services()) {
    const auto id = [wide](const std::string& full) { return OrDash(wide ? full : ShortId(full)); };
    rows.push_back({Line(service.name()), OrDash(service.active_version()), ServiceFleet(service),
                    id(service.active_deployment_id()), id(service.latest_deployment_id()),
                    Line(absl::StrCat(service.target_count())),
                    Line(service.configured() ? "yes" : "no")});
  }
  return RenderTable({{"SERVICE", 0, kLeastName},
                      {"VERSION", 1, kLeastName},
                      {"FLEET"},
                      {"ACTIVE"},
                      {"LATEST", 3},
                      {"TARGETS", 2},
                      {"CONFIGURED", 4}},
                     std::move(rows), width);
}

}  // namespace sluice::client
