// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The outside world of a test: one stateful fake of every port. Targets have versions, a call does
// what its script says, and everything that was called is on a log with the clock's time. Passes
// the contract suites of its ports.

#ifndef SLUICE_TESTS_SUPPORT_FAKE_WORLD_H_
#define SLUICE_TESTS_SUPPORT_FAKE_WORLD_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "ports/service_ports.h"

namespace sluice {

enum class CallKind { kDeploy, kRunningVersion, kHealth, kSetTraffic, kSwitch, kSetFlag };

// What a call does.
struct CallScript {
  absl::Status status;
  std::string output;
  absl::Duration takes;
  bool is_done_when_cut = false;  // a deploy that is stopped has brought its version all the same
  bool hangs = false;             // until it is stopped, or the world's timeout passes
  std::function<void()> raises;   // throws instead of an answer
};

// One call, in the order in which they began.
struct WorldCall {
  CallKind kind;
  std::string subject;  // target id; for the router the service
  std::string version;
  std::string deployment_id;
  std::string detail;  // the router's slot, flag and percentage; the version that a target told
  absl::Duration begin;
  absl::Duration end = absl::InfiniteDuration();  // while it runs
  absl::Status status;
  int step = 0;
  int attempt = 0;
  int64_t epoch = 0;
};

// Thread-safe.
class FakeWorld final : public Deployer, public HealthCheck, public TrafficRouter {
 public:
  // Called at the begin and at the end of every call, without a lock, before it is on the log.
  using Witness = std::function<void(const WorldCall&)>;

  explicit FakeWorld(Clock& clock, absl::Duration timeout = absl::InfiniteDuration())
      : clock_(clock), timeout_(timeout) {}

  // Calls of this kind, to this subject, for this version; an empty text is any. The most exact
  // script counts.
  void Script(CallKind kind, const std::string& subject, const std::string& version,
              CallScript script);
  void SetVersion(const std::string& target, const std::string& version);
  void SetTellsVersion(bool tells) { tells_version_ = tells; }
  void SetWitness(Witness witness);

  std::string VersionOf(const std::string& target) const;
  std::vector<WorldCall> calls() const;
  std::vector<WorldCall> calls(CallKind kind) const;
  // The most calls to targets that ever ran at once for this deployment.
  int MostAtOnce(const std::string& deployment_id) const;
  // Blocks until `count` calls of this kind have begun.
  void AwaitCalls(CallKind kind, size_t count) const;

  CallResult Deploy(const TargetCall& call, std::stop_token stop) override;
  absl::StatusOr<std::string> RunningVersion(const TargetCall& call, std::stop_token stop) override;
  bool TellsVersion() const override { return tells_version_; }
  absl::Duration MaxDuration() const override { return timeout_; }
  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) override;
  absl::Status SetTraffic(const RouteCall& call, double percentage, std::stop_token stop) override;
  absl::Status Switch(const RouteCall& call, const std::string& slot,
                      std::stop_token stop) override;
  absl::Status SetFlag(const RouteCall& call, const std::string& flag, double percentage,
                       std::stop_token stop) override;

 private:
  struct Load {
    int running = 0;
    int most = 0;
  };

  CallResult Perform(WorldCall call, const std::stop_token& stop);
  CallScript ScriptOf(const WorldCall& call) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Await(const CallScript& script, const std::stop_token& stop)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(const WorldCall& call) const;

  Clock& clock_;
  const absl::Duration timeout_;
  std::atomic<bool> tells_version_{true};

  mutable Mutex mutex_;
  mutable CondVar changed_;
  Witness witness_ ABSL_GUARDED_BY(mutex_);
  std::map<std::tuple<CallKind, std::string, std::string>, CallScript> scripts_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> versions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Load> loads_ ABSL_GUARDED_BY(mutex_);
  std::vector<WorldCall> calls_ ABSL_GUARDED_BY(mutex_);
};

// A service whose every port is `world`. By default the first health check decides.
ServicePorts PortsOf(const std::shared_ptr<FakeWorld>& world,
                     const HealthPolicy& policy = {.deadline = absl::ZeroDuration()});

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_FAKE_WORLD_H_
