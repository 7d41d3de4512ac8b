// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The lower part of a deployment's page: the plan's steps as a tree with their targets, shortened
// to a number of lines. Pure.

#ifndef SLUICE_CLIENT_VIEW_TREE_H_
#define SLUICE_CLIENT_VIEW_TREE_H_

#include <vector>

#include "client/line.h"
#include "client/view/deployment_view.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

// How much a line matters when there is no room for all; smaller stays longer.
enum class Weight { kFailing, kActive, kOther };

// A target and, when it fails, its last words below it.
struct Leaf {
  std::vector<Line> lines;
  Weight weight = Weight::kOther;
};

struct Branch {
  Line head;
  std::vector<Leaf> leaves;
  // Leaves that were taken out for want of room.
  size_t hidden = 0;
};

struct Tree {
  std::vector<Branch> branches;
  // The branch that is never taken out.
  size_t present = 0;
  size_t hidden_above = 0;
  size_t hidden_below = 0;
};

Tree BuildTree(const v1::DeploymentState& state, const ViewOptions& options);

// Takes leaves, then branches, out until the tree has at most `height` lines (but keeps one
// branch). What fails stays as long as there are at most `failing_height`.
void ShortenTree(Tree& tree, size_t height, size_t failing_height);

std::vector<Line> RenderTree(const Tree& tree);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_TREE_H_
