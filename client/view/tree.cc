// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/tree.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/text.h"
#include "client/view/plan_targets.h"
#include "client/view/step_text.h"
#include "client/words.h"

namespace sluice::client {
namespace {

constexpr int kTargetColumn = 18;
constexpr int kProgressColumn = 30;
// Of a leaf's own and its branch's.
constexpr int kTwigWidth = 6;
constexpr int kLeafIndent = 2;

Weight WeightOf(const v1::TargetState& target) {
  if (IsFailing(target) || !TargetComplaint(target).empty()) return Weight::kFailing;
  return IsActive(target) ? Weight::kActive : Weight::kOther;
}

// Whether targets of a step that nothing happened to will still have their turn.
bool GoesForward(const v1::DeploymentState& state) {
  return !IsTerminal(state.status()) && state.phase() != v1::PHASE_ROLLING_BACK;
}

// Columns for what stands below the head of a leaf; 0: no limit.
int RoomBelow(const ViewOptions& options) {
  if (!options.whole || options.width == 0) return 0;
  return std::max(options.width - kTwigWidth - kLeafIndent, 1);
}

void AddBelow(const std::string& text, Style style, int room, Leaf& leaf) {
  const std::string indent(kLeafIndent, ' ');
  for (const std::string& part : Wrap(Printable(text), room, 0)) {
    leaf.lines.push_back(Line(indent).Add(part, style));
  }
}

Line TargetHead(const v1::TargetState& target, bool has_turn) {
  const Span icon = TargetIcon(target);
  Line line(icon.text, icon.style);
  line.Add(" ").Add(target.target().id()).PadTo(kTargetColumn).Add(" ");
  const std::string words = TargetWords(target);
  return line.Add(!words.empty() ? words : has_turn ? "waiting" : "not touched", icon.style);
}

Leaf TargetLeaf(const v1::TargetState& target, bool has_turn, const ViewOptions& options) {
  Leaf leaf{{TargetHead(target, has_turn)}, WeightOf(target)};
  const int room = RoomBelow(options);
  if (const std::string error = TargetError(target); !error.empty()) {
    const Line with_error = Line(leaf.lines[0]).Add(absl::StrCat(": ", error), Style::kBad);
    const bool fits = room == 0 || with_error.Width() <= room + kLeafIndent;
    if (fits) {
      leaf.lines[0] = with_error;
    } else {
      AddBelow(error, Style::kBad, room, leaf);
    }
  }
  if (options.wide) {
    leaf.lines[0].Add(
        absl::StrCat("  ", target.target().address(), "  ", target.target().version(), "  ",
                     Counted(static_cast<size_t>(target.attempts()), "attempt")),
        Style::kDim);
  }
  if (const std::string complaint = TargetComplaint(target); !complaint.empty()) {
    AddBelow(complaint, IsFailing(target) ? Style::kBad : Style::kDim, room, leaf);
  }
  return leaf;
}

Line StepHead(const v1::Step& step, bool present, absl::Time now) {
  const Span icon = StepIcon(step);
  Line line(icon.text, icon.style);
  line.Add(" ").Add(StepName(step), present ? Style::kBold : Style::kPlain);
  if (present) line.Add(" ◀", Style::kActive);
  if (const std::string progress = StepProgress(step, now); !progress.empty()) {
    line.PadTo(kProgressColumn).Add("  ").Add(progress, present ? Style::kActive : Style::kDim);
  }
  return line;
}

void AddLeaves(const v1::DeploymentState& state, const std::vector<int>& targets, bool have_turn,
               const ViewOptions& options, Branch& branch) {
  for (int target : targets) {
    branch.leaves.push_back(TargetLeaf(state.targets(target), have_turn, options));
  }
}

// A branch whose leaves are all hidden says so beside its head.
bool HasMoreLine(const Branch& branch) { return branch.hidden > 0 && !branch.leaves.empty(); }

bool HasFailingLeaf(const Branch& branch) {
  return std::any_of(branch.leaves.begin(), branch.leaves.end(),
                     [](const Leaf& leaf) { return leaf.weight == Weight::kFailing; });
}

size_t Height(const Branch& branch) {
  size_t height = 1 + (HasMoreLine(branch) ? 1 : 0);
  for (const Leaf& leaf : branch.leaves) height += leaf.lines.size();
  return height;
}

size_t Height(const Tree& tree) {
  size_t height = (tree.hidden_above > 0 ? 1 : 0) + (tree.hidden_below > 0 ? 1 : 0);
  for (const Branch& branch : tree.branches) height += Height(branch);
  return height;
}

// Takes out leaves of that weight, the last of a branch first.
void HideLeaves(Branch& branch, Weight weight, size_t& height, size_t wanted) {
  for (size_t i = branch.leaves.size(); i-- > 0 && height > wanted;) {
    if (branch.leaves[i].weight != weight) continue;
    height -= branch.leaves[i].lines.size() + (HasMoreLine(branch) ? 1 : 0);
    branch.leaves.erase(branch.leaves.begin() + static_cast<std::ptrdiff_t>(i));
    ++branch.hidden;
    height += HasMoreLine(branch) ? 1 : 0;
  }
}

// The branches farthest from the present one first.
std::vector<size_t> FromFarToNear(const Tree& tree) {
  std::vector<size_t> order(tree.branches.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto distance = [&tree](size_t i) {
    return i > tree.present ? i - tree.present : tree.present - i;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return distance(a) > distance(b); });
  return order;
}

// Whether the next branch to go is the first rather than the last: the farther one, but one with a
// failing leaf after one without.
bool FirstBranchGoes(const Tree& tree) {
  const size_t above = tree.present;
  const size_t below = tree.branches.size() - 1 - tree.present;
  if (above == 0 || below == 0) return below == 0;
  const bool first_fails = HasFailingLeaf(tree.branches.front());
  const bool last_fails = HasFailingLeaf(tree.branches.back());
  return first_fails == last_fails ? above > below : last_fails;
}

// Takes whole branches out from both ends.
void HideBranches(Tree& tree, size_t wanted, size_t failing_wanted) {
  while (tree.branches.size() > 1) {
    const bool first = FirstBranchGoes(tree);
    const bool fails = HasFailingLeaf(first ? tree.branches.front() : tree.branches.back());
    if (Height(tree) <= (fails ? failing_wanted : wanted)) return;
    if (first) {
      tree.branches.erase(tree.branches.begin());
      ++tree.hidden_above;
      --tree.present;
    } else {
      tree.branches.pop_back();
      ++tree.hidden_below;
    }
  }
}

// Where targets are missing, the order of the record means little.
void PutWeightiestFirst(Branch& branch) {
  if (branch.hidden == 0) return;
  std::stable_sort(branch.leaves.begin(), branch.leaves.end(),
                   [](const Leaf& a, const Leaf& b) { return a.weight < b.weight; });
}

Line More(const std::string& trunk, size_t count, const char* what) {
  return Line(absl::StrCat(trunk, "… and ", count, " more", what), Style::kDim);
}

void RenderBranch(const Branch& branch, bool last, std::vector<Line>& lines) {
  Line head = Line(last ? "└─ " : "├─ ", Style::kDim).Add(branch.head);
  if (branch.hidden > 0 && branch.leaves.empty()) {
    head.Add(absl::StrCat("  (", Counted(branch.hidden, "target"), ")"), Style::kDim);
  }
  lines.push_back(head);
  const std::string trunk = last ? "   " : "│  ";
  for (size_t i = 0; i < branch.leaves.size(); ++i) {
    const bool last_leaf = i + 1 == branch.leaves.size() && branch.hidden == 0;
    const std::vector<Line>& parts = branch.leaves[i].lines;
    for (size_t part = 0; part < parts.size(); ++part) {
      const char* twig = part > 0 ? (last_leaf ? "   " : "│  ") : (last_leaf ? "└─ " : "├─ ");
      lines.push_back(Line(trunk + twig, Style::kDim).Add(parts[part]));
    }
  }
  if (HasMoreLine(branch)) lines.push_back(More(trunk + "└─ ", branch.hidden, ""));
}

}  // namespace

Tree BuildTree(const v1::DeploymentState& state, const ViewOptions& options) {
  Tree tree;
  const auto of_steps = TargetsOfSteps(state);
  const int steps = state.plan().steps_size();
  for (int i = 0; i < steps; ++i) {
    const bool present = i == state.current_step() && !IsTerminal(state.status());
    Branch branch{StepHead(state.plan().steps(i), present, options.now), {}};
    AddLeaves(state, of_steps[static_cast<size_t>(i)], GoesForward(state), options, branch);
    tree.branches.push_back(std::move(branch));
  }
  if (const std::vector<int> rest = TargetsOfNoStep(state, of_steps); !rest.empty()) {
    Branch branch{Line(steps == 0 ? "targets" : "other targets"), {}};
    AddLeaves(state, rest, /*have_turn=*/false, options, branch);
    tree.branches.push_back(std::move(branch));
  }
  tree.present = static_cast<size_t>(std::clamp(state.current_step(), 0, std::max(steps - 1, 0)));
  return tree;
}

void ShortenTree(Tree& tree, size_t wanted, size_t failing_wanted) {
  size_t height = Height(tree);
  for (size_t i : FromFarToNear(tree)) {
    HideLeaves(tree.branches[i], Weight::kOther, height, wanted);
  }
  // Steps give way before what runs or fails does.
  HideBranches(tree, wanted, failing_wanted);
  height = Height(tree);
  for (Branch& branch : tree.branches) HideLeaves(branch, Weight::kActive, height, wanted);
  for (Branch& branch : tree.branches) HideLeaves(branch, Weight::kFailing, height, failing_wanted);
  for (Branch& branch : tree.branches) PutWeightiestFirst(branch);
}

std::vector<Line> RenderTree(const Tree& tree) {
  std::vector<Line> lines;
  if (tree.hidden_above > 0) lines.push_back(More("├─ ", tree.hidden_above, " before"));
  for (size_t i = 0; i < tree.branches.size(); ++i) {
    const bool last = i + 1 == tree.branches.size() && tree.hidden_below == 0;
    RenderBranch(tree.branches[i], last, lines);
  }
  if (tree.hidden_below > 0) lines.push_back(More("└─ ", tree.hidden_below, " after"));
  return lines;
}

}  // namespace sluice::client
