// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/deployment_view.h"

#include <algorithm>

#include "client/view/header.h"
#include "client/view/tree.h"

namespace sluice::client {
namespace {

// The tree's share of a page that is too short for everything.
constexpr size_t kSmallestTree = 4;
// What failed may take so many lines of a whole page.
constexpr size_t kMostFailureLines = 24;

}  // namespace

std::vector<Line> RenderDeployment(const v1::DeploymentState& state, const ViewOptions& options) {
  std::vector<Line> lines = RenderHeader(state, options);
  Tree tree = BuildTree(state, options);
  if (tree.branches.empty()) return lines;
  const auto height = static_cast<size_t>(std::max(options.height, 0));
  if (height > 0) {
    const size_t room = height > lines.size() + 1 ? height - lines.size() - 1 : 0;
    const size_t wanted = std::max(room, kSmallestTree);
    ShortenTree(tree, wanted, options.whole ? std::max(wanted, kMostFailureLines) : wanted);
  }
  lines.emplace_back();
  for (Line& line : RenderTree(tree)) lines.push_back(std::move(line));
  if (height > 0 && !options.whole && lines.size() > height) lines.resize(height);
  return lines;
}

}  // namespace sluice::client
