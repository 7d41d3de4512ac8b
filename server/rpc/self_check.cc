// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/self_check.h"

#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel_posix.h"
#include "grpcpp/server_posix.h"

namespace sluice {
namespace {

grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel, absl::Time deadline) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  grpc::health::v1::HealthCheckResponse response;
  return grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response);
}

}  // namespace

absl::Status SelfCheck::Check(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  SLUICE_RETURN_IF_ERROR(accepting_->Await(timeout));
  grpc::Status answer;
  // The connection ends now and then, as each does at its greatest age, and cannot be made anew.
  for (const bool fresh : {false, true}) {
    SLUICE_ASSIGN_OR_RETURN(const ChannelPtr channel, Connect(fresh));
    if (channel == nullptr) return absl::OkStatus();
    answer = Ask(channel, deadline);
    if (answer.error_code() != grpc::StatusCode::UNAVAILABLE) break;
  }
  if (answer.ok()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("no answer from itself: ", answer.error_message()));
}

void SelfCheck::Close() {
  MutexLock lock(mutex_);
  server_ = nullptr;
  channel_ = nullptr;
}

absl::StatusOr<SelfCheck::ChannelPtr> SelfCheck::Connect(bool fresh) {
  MutexLock lock(mutex_);
  if (server_ == nullptr || (channel_ != nullptr && !fresh)) return channel_;
  channel_ = nullptr;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
    return absl::ErrnoToStatus(errno, "cannot connect to itself");
  }
  // Both are gRPC's to close from now on.
  grpc::AddInsecureChannelFromFd(server_, pair[0]);
  channel_ = grpc::CreateInsecureChannelFromFd("itself", pair[1]);
  return channel_;
}

}  // namespace sluice
