// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Asks the daemon, as a client would, whether it answers: over gRPC's transport, its threads and
// the health service, whatever addresses there are and whatever is spoken there; and whether it
// still accepts connections. Used for the watchdog, by one thread that may block.

#ifndef SLUICE_RPC_SELF_CHECK_H_
#define SLUICE_RPC_SELF_CHECK_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "grpcpp/channel.h"
#include "grpcpp/server.h"
#include "rpc/pulse.h"

namespace sluice {

// Thread-safe. It has a pair of sockets of its own, which count for no limit of connections and are
// kept, so that a check needs no descriptor that others may have taken.
class SelfCheck {
 public:
  // `server` lives until Close.
  SelfCheck(grpc::Server& server, std::shared_ptr<Pulse> accepting)
      : accepting_(std::move(accepting)), server_(&server) {}

  // OK when there was an answer in time, whatever it was: a daemon that says NOT_SERVING lives. So
  // it is after Close.
  absl::Status Check(absl::Duration timeout);

  // Lets the connection go. A check that is under way ends as it would.
  void Close();

 private:
  using ChannelPtr = std::shared_ptr<grpc::Channel>;

  // Null after Close. `fresh`: a new one, in the place of one that has ended.
  absl::StatusOr<ChannelPtr> Connect(bool fresh);

  const std::shared_ptr<Pulse> accepting_;
  Mutex mutex_;
  grpc::Server* server_ ABSL_GUARDED_BY(mutex_);
  ChannelPtr channel_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_RPC_SELF_CHECK_H_
