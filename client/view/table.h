// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Lines in aligned columns under a header. Pure.

#ifndef SLUICE_CLIENT_VIEW_TABLE_H_
#define SLUICE_CLIENT_VIEW_TABLE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/line.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

// Every row has as many cells as there are titles.
std::vector<Line> RenderTable(const std::vector<std::string>& titles,
                              const std::vector<std::vector<Line>>& rows);

std::vector<Line> DeploymentTable(const v1::ListStatesResponse& list, absl::Time now, bool wide);
std::vector<Line> ServiceTable(const v1::ListServicesResponse& list, bool wide);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_TABLE_H_
