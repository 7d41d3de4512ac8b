// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The daemon's stream of states as a queue that a poll can wait for. Reads on a thread of its own,
// not far ahead of who takes the states (the daemon leaves out what a slow reader would only find
// replaced), and comes back by itself when the daemon restarts, from the last revision seen. Used
// by Follow.

#ifndef SLUICE_CLIENT_STATE_FEED_H_
#define SLUICE_CLIENT_STATE_FEED_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/unique_fd.h"
#include "client/connection.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

// The daemon is there, and has nothing to tell.
struct FeedAlive {};

// The daemon no longer has what came after the last state that was seen: the present state follows,
// as for a new feed.
struct FeedBegunAnew {};

// The connection is gone and is being made again.
struct FeedInterrupted {
  grpc::Status status;
};

// There will be nothing more.
struct FeedEnded {
  grpc::Status status;
};

using FeedEvent =
    std::variant<v1::DeploymentState, FeedAlive, FeedBegunAnew, FeedInterrupted, FeedEnded>;

// Thread-safe.
class StateFeed {
 public:
  // How long a daemon that has gone is waited for.
  static constexpr absl::Duration kPatience = absl::Minutes(5);

  // `connection` must outlive the feed and have reached the daemon before.
  StateFeed(Connection& connection, const v1::WatchStatesRequest& request);
  ~StateFeed();
  StateFeed(const StateFeed&) = delete;
  StateFeed& operator=(const StateFeed&) = delete;

  // Readable when Take() has something.
  int fd() const { return wake_.get(); }
  std::optional<FeedEvent> Take();

 private:
  void Run();
  // Reads one stream to its end.
  grpc::Status ReadStream();
  // The next stream begins with the present states.
  void BeginAnew();
  void Put(FeedEvent event);
  // Until few are left to be taken, or the feed is being destroyed.
  void AwaitRoom();
  // False when the feed is being destroyed.
  bool Rest(absl::Duration duration);
  std::shared_ptr<grpc::ClientContext> NewContext();

  Connection& connection_;
  v1::WatchStatesRequest request_;  // of the reading thread
  bool read_something_ = false;     // of the reading thread: from the present stream
  int64_t missed_after_ = 0;        // of the reading thread: where it began anew last
  UniqueFd wake_;
  Mutex mutex_;
  CondVar stopping_;
  CondVar taken_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<FeedEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  std::optional<Thread> thread_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_STATE_FEED_H_
