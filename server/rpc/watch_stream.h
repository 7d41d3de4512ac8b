// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One WatchStates call: remembers up to which revision it has sent, and has at most one write under
// way. A slow reader costs one state, not a queue. gRPC's callback threads and the hub call it.

#ifndef SLUICE_RPC_WATCH_STREAM_H_
#define SLUICE_RPC_WATCH_STREAM_H_

#include <memory>
#include <optional>

#include "base/mutex.h"
#include "engine/registry.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "rpc/call_gate.h"
#include "rpc/watch_hub.h"

namespace sluice {

class WatchStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public Watcher {
 public:
  // Begins to send the states of `filter` after `revision` that `viewer` sees; unless that is 0, a
  // message without a state says when it has caught up. Deletes itself when the call is over.
  static WatchStream* Open(WatchHub& hub, const Registry& registry, RecordFilter filter,
                           int64_t revision, Viewer viewer);

  bool Wants(const ChangedRecords& changed) const override { return changed.Concern(filter_); }
  void Wake() override;
  void Beat() override;
  void Check() override;
  void End(const absl::Status& status) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  WatchStream(WatchHub& hub, const Registry& registry, RecordFilter filter, int64_t revision,
              Viewer viewer);

  // What is to be done once the lock is released: gRPC may call back from inside of it.
  enum class Action { kNothing, kWrite, kFinish };
  Action Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Action Write(grpc::ByteBuffer message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next state that the viewer may see; moves the revision on to it.
  absl::StatusOr<SnapshotPtr> NextSeen() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Act(Action action);

  WatchHub& hub_;
  const Registry& registry_;
  const RecordFilter filter_;
  const Viewer viewer_;
  std::shared_ptr<WatchStream> self_;

  Mutex mutex_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_quiet_ ABSL_GUARDED_BY(mutex_) = false;   // nothing was written since the last Beat
  bool owes_beat_ ABSL_GUARDED_BY(mutex_) = false;  // once there is no state to send
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  // Belongs to gRPC while writing_.
  grpc::ByteBuffer buffer_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_WATCH_STREAM_H_
