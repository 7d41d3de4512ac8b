// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Lines in aligned columns under a header. Where there is no room for all of them the columns that
// matter least are left out. Pure.

#ifndef SLUICE_CLIENT_VIEW_TABLE_H_
#define SLUICE_CLIENT_VIEW_TABLE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/line.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

struct Column {
  std::string title;
  // Those with the largest number are left out first; 0: never.
  int expendable = 0;
  // To how many columns of the terminal it may be cut; 0: it stays whole.
  int least = 0;
};

// Every row has as many cells as there are columns. Lines are of at most `width` where leaving out
// (the titles end with "…" then) and cutting makes that possible; 0: no limit.
std::vector<Line> RenderTable(std::vector<Column> columns, std::vector<std::vector<Line>> rows,
                              int width);

// `wide`: all there is; for a `width` of 0.
std::vector<Line> DeploymentTable(const v1::ListStatesResponse& list, absl::Time now, bool wide,
                                  int width);
std::vector<Line> ServiceTable(const v1::ListServicesResponse& list, bool wide, int width);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_TABLE_H_
