// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A random schedule whose daemon ends at random commits and is started again: with what was durable
// by then, and nothing else. What was acknowledged must hold across that.

#ifndef SLUICE_TESTS_ENGINE_CRASH_SCHEDULE_H_
#define SLUICE_TESTS_ENGINE_CRASH_SCHEDULE_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "engine/schedule.h"
#include "support/crash_store.h"

namespace sluice {

class CrashSchedule final : public Schedule {
 public:
  CrashSchedule(uint64_t seed, TestClock& clock);
  ~CrashSchedule() override;

 private:
  void Start() override;
  // Sets the moment of the next end, and starts the daemon again when it has come.
  void AfterAction() override;
  bool has_crashes() const override { return true; }
  bool Promised(const std::string& verb, const std::string& id) override;
  bool IsRefusal(const absl::Status& status) const override;
  void CheckCall(const WorldCall& call) override;
  void CheckEnd(const EndCheck& check, const v1::DeploymentState& state) override;
  void Adapt(v1::DeployRequest& request) override;
  void Answered(const Asked& asked, const std::string& id, bool is_promised) override;

  // The process ends after fewer commits than this; nobody learns whether one more is kept.
  void EndSometime(int most_commits);
  void Restart();
  // As Start, unless the daemon ends meanwhile.
  bool TryStart();
  void TearDown();
  // As a client does that was not answered.
  void AskAgain();
  void CheckNothingIsLost();
  void CheckIntent(const WorldCall& call);

  CrashStore store_;
  std::unique_ptr<Journal> journal_;
  int restarts_ = 0;
  int64_t epoch_ = 0;
  std::vector<Asked> unanswered_;
  // By request id: each deployment that it may have made.
  std::map<std::string, std::set<std::string>> made_by_;
  // By deployment id: the last verb that was acknowledged.
  std::map<std::string, std::string> acknowledged_;

  Mutex calls_mutex_;
  int64_t highest_epoch_ ABSL_GUARDED_BY(calls_mutex_) = 0;
  std::set<std::tuple<std::string, std::string, int, int>> tries_ ABSL_GUARDED_BY(calls_mutex_);
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_CRASH_SCHEDULE_H_
