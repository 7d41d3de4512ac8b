// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A deployment as a page of lines: header, progress bar, and a tree of the plan's steps with their
// targets. A pure function of the record, the time and the size, so that the live view is only a
// loop around it. Used by state, watch, deploy and rollback.

#ifndef SLUICE_CLIENT_VIEW_DEPLOYMENT_VIEW_H_
#define SLUICE_CLIENT_VIEW_DEPLOYMENT_VIEW_H_

#include <vector>

#include "absl/time/time.h"
#include "client/line.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

struct ViewOptions {
  absl::Time now;
  int width = 80;
  // At most this many lines; 0: no limit. What does not fit is counted ("… and 37 more"), failing
  // and active targets being the last to go.
  int height = 0;
  // Also ids, addresses, attempts and whatever else the record has.
  bool wide = false;
  // Nothing is drawn over it: why it failed is told in full, wrapped, even on more than `height`
  // lines.
  bool whole = false;
};

std::vector<Line> RenderDeployment(const v1::DeploymentState& state, const ViewOptions& options);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_DEPLOYMENT_VIEW_H_
