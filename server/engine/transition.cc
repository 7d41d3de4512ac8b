// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/transition.h"

#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

bool OneOf(v1::Status status, std::initializer_list<v1::Status> statuses) {
  for (const v1::Status one : statuses) {
    if (one == status) return true;
  }
  return false;
}

bool IsLegal(v1::Status from, v1::Status to) {
  switch (from) {
    case v1::STATUS_UNSPECIFIED:
      return to == v1::STATUS_PENDING;
    case v1::STATUS_PENDING:
      return OneOf(to, {v1::STATUS_IN_PROGRESS, v1::STATUS_FAILED, v1::STATUS_ROLLED_BACK});
    case v1::STATUS_IN_PROGRESS:
      return OneOf(
          to, {v1::STATUS_PAUSED, v1::STATUS_COMPLETED, v1::STATUS_FAILED, v1::STATUS_ROLLED_BACK});
    case v1::STATUS_PAUSED:
      return OneOf(to, {v1::STATUS_IN_PROGRESS, v1::STATUS_FAILED});
    // A finished deployment can be rolled back, or tried again to be rolled back.
    case v1::STATUS_COMPLETED:
    case v1::STATUS_FAILED:
      return to == v1::STATUS_IN_PROGRESS;
    default:
      return false;
  }
}

bool IsVerbLegal(Verb verb, v1::Status status) {
  switch (verb) {
    case Verb::kPause:
      return status == v1::STATUS_IN_PROGRESS;
    case Verb::kResume:
      return status == v1::STATUS_PAUSED;
    case Verb::kPromote:
      return OneOf(status, {v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED});
    case Verb::kAbort:
      return OneOf(status, {v1::STATUS_PENDING, v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED});
    case Verb::kRollback:
      return status != v1::STATUS_ROLLED_BACK && status != v1::STATUS_UNSPECIFIED;
  }
  return false;
}

std::string Advice(v1::Status status) {
  switch (status) {
    case v1::STATUS_PENDING:
      return "it waits for a worker; abort it or wait";
    case v1::STATUS_IN_PROGRESS:
      return "it is not paused";
    case v1::STATUS_PAUSED:
      return "resume, promote, abort or roll it back";
    case v1::STATUS_ROLLED_BACK:
      return "everything it touched is back";
    default:
      return "it has ended; roll it back or deploy again";
  }
}

}  // namespace

std::string VerbName(Verb verb) {
  switch (verb) {
    case Verb::kPause:
      return "pause";
    case Verb::kResume:
      return "resume";
    case Verb::kPromote:
      return "promote";
    case Verb::kAbort:
      return "abort";
    case Verb::kRollback:
      return "roll back";
  }
  return "";
}

absl::Status CheckTransition(v1::Status from, v1::Status to) {
  if (from == to || IsLegal(from, to)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("a deployment that is ", StatusName(from), " cannot become ", StatusName(to)));
}

absl::Status CheckVerb(Verb verb, const v1::DeploymentState& state) {
  const bool holds_or_lets_go =
      verb == Verb::kPause || verb == Verb::kResume || verb == Verb::kPromote;
  if (holds_or_lets_go && state.stop_requested() != v1::REASON_UNSPECIFIED) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot ", VerbName(verb), " deployment ", state.id(), ": it is ",
        StatusName(state.status()), " and ",
        state.stop_requested() == v1::REASON_ABORTED ? "being aborted" : "about to be rolled back",
        "; try again in a moment"));
  }
  if (IsVerbLegal(verb, state.status())) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", VerbName(verb), " deployment ", state.id(), ": it is ",
                   StatusName(state.status()), "; ", Advice(state.status())));
}

}  // namespace sluice
