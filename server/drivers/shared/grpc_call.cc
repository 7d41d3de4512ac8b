// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/shared/grpc_call.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/text.h"

namespace sluice {
namespace {

absl::Status ToAbsl(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = Bounded(status.error_message());
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return absl::UnknownError(absl::StrCat("the target answered CANCELLED: ", message));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), message);
}

}  // namespace

std::shared_ptr<grpc::Channel> DialTarget(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Else every call asks the name server for a service config too.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status CallTarget(const std::function<grpc::Status(grpc::ClientContext*)>& call,
                        absl::Duration timeout, const std::stop_token& stop) {
  if (stop.stop_requested()) return absl::CancelledError("the call was cancelled");
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  absl::Status status;
  {
    const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
    status = ToAbsl(call(&context));
  }
  if (!status.ok() && stop.stop_requested()) return absl::CancelledError("the call was cancelled");
  if (absl::IsDeadlineExceeded(status)) {
    return absl::DeadlineExceededError(
        absl::StrCat("no answer within ", absl::FormatDuration(timeout)));
  }
  return status;
}

}  // namespace sluice
