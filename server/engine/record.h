// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A deployment's record as a runner sees it: read it, change it. The Registry's records and the
// InlineRunner's own one look the same from here.

#ifndef SLUICE_ENGINE_RECORD_H_
#define SLUICE_ENGINE_RECORD_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Thread-safe.
class Record {
 public:
  virtual ~Record() = default;

  // Calls `change` on the record, alone. Returned are an error of `change`, which then must not
  // have changed anything, and an illegal transition, after which the status stays as it was.
  virtual absl::Status Update(absl::FunctionRef<absl::Status(v1::DeploymentState&)> change) = 0;

  // Calls `read` on the record, alone.
  virtual void Read(absl::FunctionRef<void(const v1::DeploymentState&)> read) const = 0;

  // Blocks until all changes so far are durable. An error: they will not be, and whatever cannot be
  // taken back must not be done.
  virtual absl::Status AwaitDurable() = 0;
};

// A change that cannot fail.
inline void Change(Record& record, absl::FunctionRef<void(v1::DeploymentState&)> change) {
  record
      .Update([&](v1::DeploymentState& state) {
        change(state);
        return absl::OkStatus();
      })
      .IgnoreError();
}

}  // namespace sluice

#endif  // SLUICE_ENGINE_RECORD_H_
