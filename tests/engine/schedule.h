// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A random schedule of requests, verbs, failures and time over the fake world, and what must hold
// in each. The seed fixes what is asked for; the clock, if it is a SchedulerClock, how the threads
// interleave. For the test's thread.

#ifndef SLUICE_TESTS_ENGINE_SCHEDULE_H_
#define SLUICE_TESTS_ENGINE_SCHEDULE_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/deployment_manager.h"
#include "engine/end_check.h"
#include "engine/trace.h"
#include "support/fake_world.h"
#include "support/test_clock.h"

namespace sluice {

// From an empty registry until everything has ended.
class Schedule {
 public:
  // `clock` must outlive the schedule.
  Schedule(uint64_t seed, TestClock& clock);
  virtual ~Schedule() = default;

  void Run();
  // What did not hold; empty when all is well.
  std::vector<std::string> violations() const;
  const Trace& trace() const { return trace_; }
  // The records as they are, each with the same bytes in every run.
  std::vector<std::string> Records() const;

 protected:
  struct Asked {
    v1::DeployRequest request;
    int most_at_once = 0;  // calls to targets that it may make
  };

  // Makes registry_ and manager_; in memory alone.
  virtual void Start();
  // What happens besides, after each action.
  virtual void AfterAction() {}
  virtual bool has_crashes() const { return false; }
  // `verb` was done to the deployment; a promise only when this says so.
  virtual bool Promised(const std::string& verb, const std::string& id);
  virtual bool IsRefusal(const absl::Status& status) const;
  virtual void CheckCall(const WorldCall& call);
  virtual void CheckEnd(const EndCheck& check, const v1::DeploymentState& state);
  // What differs in a request of this kind of schedule.
  virtual void Adapt(v1::DeployRequest&) {}
  // The request made the deployment, or found it; nobody knows that unless it was promised.
  virtual void Answered(const Asked&, const std::string& /*id*/, bool /*is_promised*/) {}

  int Pick(int count);
  void MakeManager();
  void Advance(absl::Duration duration);
  void Ask(const Asked& asked);
  void Violated(const std::string& what);
  // With those that have ended, or without.
  std::vector<v1::DeploymentState> States(bool with_ended = true) const;

  TestClock& clock_;
  Trace trace_{clock_};
  std::shared_ptr<FakeWorld> world_ = std::make_shared<FakeWorld>(clock_);
  std::unique_ptr<Registry> registry_;
  std::map<std::string, int> most_at_once_;  // by the id of everything that was ever asked for

  static constexpr int kHistory = 1000;  // Nothing is forgotten.

 private:
  void Witness(const WorldCall& call);
  ServiceDefinitionPtr Define(const std::string& service);
  std::string PickService();
  void Act();
  void Deploy();
  // From now on a target, or the router of a service, behaves otherwise.
  void Disturb();
  void Steer();
  // `method` takes the manager and the request.
  template <typename Request, typename Method>
  void Call(const std::string& verb, Method method, const std::string& id);
  // Goes on with what is paused, until everything has ended.
  void Settle();
  void CheckAnswer(const std::string& what, const absl::Status& status);
  void CheckOneActiveEach();

  std::mt19937_64 random_;
  ServiceCatalog catalog_{nullptr};
  int last_id_ = 0;
  int last_version_ = 0;

  mutable Mutex mutex_;
  std::vector<std::string> violations_ ABSL_GUARDED_BY(mutex_);

 protected:
  // Last, so that it ends first.
  std::unique_ptr<DeploymentManager> manager_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_SCHEDULE_H_
