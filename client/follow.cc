// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/follow.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/durations.h"
#include "client/signals.h"
#include "client/state_feed.h"
#include "client/text.h"
#include "client/words.h"

namespace sluice::client {
namespace {

// The live view's rate; also how soon a countdown or a resized terminal is drawn again.
constexpr absl::Duration kTick = absl::Milliseconds(200);

class Follower {
 public:
  Follower(Session& session, const v1::WatchStatesRequest& request, Presenter& presenter,
           const FollowOptions& options)
      : session_(session),
        presenter_(presenter),
        options_(options),
        deadline_(absl::Now() + options.timeout),
        feed_(session.connection, request),
        last_(options.known) {}

  FollowEnd Run() {
    if (!last_.id().empty()) presenter_.Begin(last_);
    absl::Time next_tick = absl::Now();
    while (!end_.has_value()) {
      HandleFeed();
      if (absl::Now() >= next_tick) {
        presenter_.Tick();
        next_tick = absl::Now() + kTick;
      }
      // Last: it may have cut short what was to be shown.
      HandleSignals();
      if (!end_.has_value() && session_.console.closed()) End({FollowEnd::Kind::kClosed});
      if (!end_.has_value() && absl::Now() >= deadline_) End({FollowEnd::Kind::kTimedOut});
      if (!end_.has_value()) Sleep(std::min(next_tick, deadline_));
    }
    presenter_.Release();
    end_->last = last_;
    return *end_;
  }

 private:
  void End(FollowEnd end) { end_ = std::move(end); }

  void HandleSignals() {
    while (const std::optional<int> signal_number = signals_.Take()) {
      if (*signal_number == SIGTSTP) {
        presenter_.Release();
        StopUntilContinued();
      } else {
        End({FollowEnd::Kind::kSignal, *signal_number});
      }
    }
  }

  // One event, however many wait: a signal is not to wait for all of them to be shown.
  void HandleFeed() {
    std::optional<FeedEvent> event = feed_.Take();
    if (event.has_value()) std::visit([this](auto& what) { Handle(what); }, *event);
  }

  void Handle(v1::DeploymentState& state) {
    is_lost_ = false;
    presenter_.Notice("");
    presenter_.Show(state);
    last_ = std::move(state);
    if (options_.until && options_.until(last_)) End({FollowEnd::Kind::kReached});
  }

  void Handle(const FeedAlive& /*alive*/) {
    is_lost_ = false;
    presenter_.Notice("");
  }

  void Handle(const FeedBegunAnew& /*anew*/) {
    presenter_.Notice("the daemon no longer has all that happened meanwhile; going on from now");
  }

  void Handle(const FeedInterrupted& /*interrupted*/) {
    is_lost_ = true;
    presenter_.Notice(absl::StrCat("lost the daemon at ", session_.connection.address(),
                                   "; trying to reach it again for ",
                                   ShortDuration(StateFeed::kPatience)));
  }

  void Handle(const FeedEnded& ended) {
    if (!is_lost_ || ended.status.error_code() != grpc::StatusCode::NOT_FOUND) {
      return End({FollowEnd::Kind::kFailed, 0, ended.status});
    }
    End({FollowEnd::Kind::kFailed,
         0,
         {grpc::StatusCode::NOT_FOUND,
          "the daemon was restarted and does not know the deployment any more; what was done "
          "until then stands"}});
  }

  void Sleep(absl::Time until) const {
    pollfd fds[] = {{signals_.fd(), POLLIN, 0}, {feed_.fd(), POLLIN, 0}};
    const int64_t milliseconds =
        absl::ToInt64Milliseconds(absl::Ceil(until - absl::Now(), absl::Milliseconds(1)));
    poll(fds, 2, static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 1000)));
  }

  Session& session_;
  Presenter& presenter_;
  const FollowOptions& options_;
  const absl::Time deadline_;
  SignalWatch signals_;
  StateFeed feed_;
  v1::DeploymentState last_;
  bool is_lost_ = false;  // since last_
  std::optional<FollowEnd> end_;
};

std::string HowToGoOn(const v1::DeploymentState& state) {
  if (state.id().empty()) return "sluice: stopped watching; deployments go on as before\n";
  const std::string id = ShortId(state.id());
  if (IsTerminal(state.status())) return absl::StrCat("sluice: stopped watching ", id, "\n");
  return absl::StrCat("sluice: stopped watching; the deployment ", id, " goes on\n",
                      "`sluice watch ", id, "` follows it again, `sluice rollback ", id,
                      "` takes it back, `sluice abort ", id, "` stops it.\n");
}

}  // namespace

FollowEnd Follow(Session& session, const v1::WatchStatesRequest& request, Presenter& presenter,
                 const FollowOptions& options) {
  return Follower(session, request, presenter, options).Run();
}

ExitCode WatchToTheEnd(Session& session, const v1::DeploymentState& state) {
  v1::WatchStatesRequest request;
  request.set_deployment_id(state.id());
  const auto presenter = MakePresenter(session.console, session.output, /*single=*/true);
  FollowOptions options;
  options.until = [](const v1::DeploymentState& now) { return IsTerminal(now.status()); };
  options.known = state;
  const FollowEnd end = Follow(session, request, *presenter, options);
  return end.kind == FollowEnd::Kind::kReached ? OutcomeOf(end.last) : ReportEarlyEnd(session, end);
}

ExitCode ReportEarlyEnd(Session& session, const FollowEnd& end) {
  switch (end.kind) {
    case FollowEnd::Kind::kReached:
      return ExitCode::kDone;
    case FollowEnd::Kind::kTimedOut:
      session.console.WriteError("sluice: timed out\n" + HowToGoOn(end.last));
      return ExitCode::kTimedOut;
    case FollowEnd::Kind::kSignal:
      // The terminal has just printed ^C.
      session.console.WriteError((session.console.live() ? "\n" : "") + HowToGoOn(end.last));
      return EndedBySignal(end.signal_number);
    case FollowEnd::Kind::kFailed:
      return session.Fail(end.status);
    case FollowEnd::Kind::kClosed:
      return EndedBySignal(SIGPIPE);
  }
  return ExitCode::kFailed;
}

}  // namespace sluice::client
