// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Targets and a router whose calls take no time and end as was said before. For the fuzz target of
// operations; FakeWorld keeps a log of all calls, which costs more than they do.

#ifndef SLUICE_TESTS_FUZZ_SCRIPTED_WORLD_H_
#define SLUICE_TESTS_FUZZ_SCRIPTED_WORLD_H_

#include <map>
#include <set>
#include <string>

#include "base/mutex.h"
#include "ports/service_ports.h"

namespace sluice {

// Thread-safe.
class ScriptedWorld final : public Deployer, public HealthCheck, public TrafficRouter {
 public:
  // "deploy t1", "health t1" and "route a" fail from now on, or do so no longer.
  void Toggle(const std::string& call) {
    MutexLock lock(mutex_);
    if (failing_.erase(call) == 0) failing_.insert(call);
  }
  bool anything_fails() const {
    MutexLock lock(mutex_);
    return !failing_.empty();
  }
  std::string VersionOf(const std::string& target) const {
    MutexLock lock(mutex_);
    const auto found = versions_.find(target);
    return found == versions_.end() ? "v0" : found->second;
  }

  CallResult Deploy(const TargetCall& call, std::stop_token) override {
    const absl::Status status = Outcome("deploy " + call.target_id);
    MutexLock lock(mutex_);
    if (status.ok()) versions_[call.target_id] = call.version;
    return {.status = status};
  }
  absl::StatusOr<std::string> RunningVersion(const TargetCall& call, std::stop_token) override {
    return VersionOf(call.target_id);
  }
  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token) override {
    if (absl::Status status = Outcome("health " + call.target_id); !status.ok()) return status;
    return "healthy";
  }
  absl::Status SetTraffic(const RouteCall& call, double, std::stop_token) override {
    return Outcome("route " + call.service);
  }
  absl::Status Switch(const RouteCall& call, const std::string&, std::stop_token) override {
    return Outcome("route " + call.service);
  }
  absl::Status SetFlag(const RouteCall& call, const std::string&, double,
                       std::stop_token) override {
    return Outcome("route " + call.service);
  }
  absl::Duration MaxDuration() const override { return absl::ZeroDuration(); }

 private:
  absl::Status Outcome(const std::string& call) const {
    MutexLock lock(mutex_);
    if (failing_.count(call) == 0) return absl::OkStatus();
    return absl::UnavailableError(call + " fails");
  }

  mutable Mutex mutex_;
  std::set<std::string> failing_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> versions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_TESTS_FUZZ_SCRIPTED_WORLD_H_
