// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/state_feed.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"

namespace sluice::client {
namespace {

constexpr absl::Duration kFirstRest = absl::Milliseconds(200);
constexpr absl::Duration kLongestRest = absl::Seconds(2);
// gRPC gives up connecting before this: a stream that lasted longer was connected, even if there
// was nothing to say.
constexpr absl::Duration kLongestConnect = absl::Seconds(30);
// A state may have megabytes.
constexpr size_t kMostWaiting = 4;
// Stands on one stack with gRPC's own calls.
constexpr size_t kStackBytes = 1024 * 1024;

// What a restart looks like from here; a stream that ends well is a daemon that drains.
bool IsInterruption(grpc::StatusCode code) {
  return code == grpc::StatusCode::OK || code == grpc::StatusCode::UNAVAILABLE ||
         code == grpc::StatusCode::CANCELLED || code == grpc::StatusCode::ABORTED;
}

}  // namespace

StateFeed::StateFeed(Connection& connection, const v1::WatchStatesRequest& request)
    : connection_(connection), request_(request), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  auto thread = Thread::Start(
      "watch", [this] { Run(); }, kStackBytes);
  if (thread.ok()) {
    thread_.emplace(*std::move(thread));
  } else {
    Put(FeedEnded{{grpc::StatusCode::INTERNAL, std::string(thread.status().message())}});
  }
}

StateFeed::~StateFeed() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    if (context_ != nullptr) context_->TryCancel();
    stopping_.NotifyAll();
    taken_.NotifyAll();
  }
  if (thread_.has_value()) thread_->Join();
}

std::optional<FeedEvent> StateFeed::Take() {
  MutexLock lock(mutex_);
  if (events_.empty()) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t cleared = read(wake_.get(), &count, sizeof count);
    return std::nullopt;
  }
  FeedEvent event = std::move(events_.front());
  events_.pop_front();
  taken_.NotifyAll();
  return event;
}

void StateFeed::Run() {
  absl::Duration rest = kFirstRest;
  absl::Time last_contact = absl::Now();
  while (true) {
    const absl::Time begin = absl::Now();
    read_something_ = false;
    const grpc::Status status = ReadStream();
    const bool has_lasted = absl::Now() - begin > kLongestConnect;
    // A daemon that was away for long, or counts from the beginning again.
    const bool is_gone =
        status.error_code() == grpc::StatusCode::OUT_OF_RANGE && request_.from_revision() > 0;
    if (read_something_ || has_lasted) last_contact = absl::Now();
    // One that answers so whenever it is asked is not to be asked without rest.
    if (has_lasted || (read_something_ && !is_gone)) rest = kFirstRest;
    const bool patient = absl::Now() - last_contact < kPatience;
    if (is_gone) {
      BeginAnew();
    } else if (!IsInterruption(status.error_code()) || !patient) {
      return Put(FeedEnded{status});
    } else {
      Put(FeedInterrupted{status});
    }
    if (!Rest(rest)) return;
    rest = std::min(rest * 2, kLongestRest);
  }
}

grpc::Status StateFeed::ReadStream() {
  const std::shared_ptr<grpc::ClientContext> context = NewContext();
  if (context == nullptr) return grpc::Status::CANCELLED;
  connection_.Authorize(*context);
  const auto reader = connection_.deployments().WatchStates(context.get(), request_);
  v1::WatchStatesResponse response;
  while (reader->Read(&response)) {
    read_something_ = true;
    request_.set_from_revision(std::max(request_.from_revision(), response.revision()));
    response.has_state() ? Put(std::move(*response.mutable_state())) : Put(FeedAlive{});
    AwaitRoom();
  }
  return reader->Finish();
}

void StateFeed::BeginAnew() {
  const int64_t missed_after = request_.from_revision();
  request_.set_from_revision(0);
  // Without anything new in between it has been said.
  if (std::exchange(missed_after_, missed_after) != missed_after) Put(FeedBegunAnew{});
}

void StateFeed::Put(FeedEvent event) {
  MutexLock lock(mutex_);
  events_.push_back(std::move(event));
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
}

void StateFeed::AwaitRoom() {
  MutexLock lock(mutex_);
  while (events_.size() >= kMostWaiting && !stop_) taken_.Wait(mutex_);
}

bool StateFeed::Rest(absl::Duration duration) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(duration);
  MutexLock lock(mutex_);
  while (!stop_ && std::chrono::steady_clock::now() < deadline) {
    stopping_.WaitUntil(mutex_, deadline);
  }
  return !stop_;
}

std::shared_ptr<grpc::ClientContext> StateFeed::NewContext() {
  MutexLock lock(mutex_);
  if (stop_) return nullptr;
  context_ = std::make_shared<grpc::ClientContext>();
  return context_;
}

}  // namespace sluice::client
