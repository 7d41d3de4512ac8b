// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Asks the daemon, as a client would, whether it answers: over the network stack, gRPC's threads
// and the health service. Used for the watchdog, by one thread that may block.

#ifndef SLUICE_RPC_SELF_CHECK_H_
#define SLUICE_RPC_SELF_CHECK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"

namespace sluice {

class SelfCheck {
 public:
  // `address` as gRPC has them, without TLS: "unix:/run/sluice/sluice.sock". One connection is
  // kept, so that a check needs none of those that others may have taken.
  explicit SelfCheck(const std::string& address);

  // OK when there was an answer in time, whatever it was: a daemon that says NOT_SERVING lives.
  absl::Status Check(absl::Duration timeout);

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_SELF_CHECK_H_
