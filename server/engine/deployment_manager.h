// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The front of the engine: accepts deployments, applies the verbs, and knows what runs. RPC threads
// call it; no method blocks on a deployment. Each deployment runs on a worker of its own.

#ifndef SLUICE_ENGINE_DEPLOYMENT_MANAGER_H_
#define SLUICE_ENGINE_DEPLOYMENT_MANAGER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "engine/deployment_job.h"
#include "engine/registry.h"
#include "engine/request_log.h"
#include "engine/service_catalog.h"
#include "engine/transition.h"
#include "engine/worker_pool.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

struct EngineLimits {
  int max_active_deployments = 1000;
  int max_pending_deployments = 10'000;
  int max_target_calls = 1024;
  size_t max_unconfigured_services = 10'000;
};

// Thread-safe.
class DeploymentManager {
 public:
  // `make_id` gives a new id at each call. All references outlive the manager.
  DeploymentManager(Clock& clock, Registry& registry, const ServiceCatalog& catalog,
                    const EngineLimits& limits, std::function<std::string()> make_id);
  // Stops what still runs, as Drain.
  ~DeploymentManager();

  // Goes on with every deployment that the registry has restored unfinished, and knows the
  // `requests` that were accepted. Before the first request.
  void ResumeAll(const std::vector<RequestLog::Entry>& requests);

  // Each answers with the changed record, which may not be durable yet: who passes it on waits for
  // Registry::WhenDurable first.
  // `requester` is whose request ids these are; empty where callers are not told apart.
  absl::StatusOr<SnapshotPtr> Deploy(const v1::DeployRequest& request,
                                     const std::string& requester = "");
  absl::StatusOr<SnapshotPtr> Rollback(const v1::RollbackRequest& request,
                                       const std::string& requester = "");
  absl::StatusOr<SnapshotPtr> Pause(const v1::PauseRequest& request);
  absl::StatusOr<SnapshotPtr> Resume(const v1::ResumeRequest& request);
  absl::StatusOr<SnapshotPtr> Promote(const v1::PromoteRequest& request);
  absl::StatusOr<SnapshotPtr> Abort(const v1::AbortRequest& request);
  absl::StatusOr<v1::PlanResponse> Plan(const v1::DeployRequest& request) const;
  v1::ListServicesResponse ListServices() const;
  // How many deployments have not ended, those that wait for a worker included.
  size_t ActiveDeployments() const;

  // From now on mutations are UNAVAILABLE.
  void StopAccepting();
  // Begins no further step; calls that run may end until `soft` from now and are then cancelled.
  // What has not ended then goes on at the next start, or has failed when nothing is durable.
  // Waits until all have ended, at most until `hard` from now. Returns how many still run.
  size_t Drain(absl::Duration soft, absl::Duration hard);

 private:
  using JobPtr = std::shared_ptr<DeploymentJob>;

  void FillFleet(const ServiceMemory& memory, const ServiceDefinition* definition,
                 v1::Service& service) const;

  // What the same request made before.
  std::optional<std::string> FindMade(const RequestLog::Name& name,
                                      const v1::DeployRequest& request) const;
  // The answer to a request that was seen before.
  absl::StatusOr<SnapshotPtr> MadeBefore(const std::string& id,
                                         const std::string& request_id) const;
  // Whether the request can be remembered; forgets what is too old.
  absl::Status MakeRoomFor(const RequestLog::Name& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether a change would be taken: the daemon does not stop, and the disk does not fail.
  absl::Status CheckAccepting() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldServices() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldTargets(const ServiceDefinition& definition, const std::string& service)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckFree(const std::string& service) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ResumeOne(const v1::DeploymentState& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What a deployment that was accepted before is gone on with or taken back with.
  // FAILED_PRECONDITION when the service is gone, or a driver of it without which nothing would be
  // done.
  absl::StatusOr<ServiceDefinitionPtr> DefinitionFor(const v1::DeploymentState& state) const;
  // What ran before a restart goes on however many wait.
  absl::Status Start(const JobPtr& job, bool ran_before = false)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run(const JobPtr& job);
  // The deployment begins, unless it ended while it waited for a worker. One with the check: a
  // verb finds it either waiting or begun.
  bool Begin(const JobPtr& job);
  size_t AwaitJobs(absl::Duration deadline);
  // The deployment has ended: its service is free. Repeating it is harmless.
  void Forget(const JobPtr& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // It has ended before a worker took it: it waits for none any more.
  void ForgetUnbegun(const JobPtr& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  JobPtr Find(const std::string& id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null also when the record has ended already.
  JobPtr FindRunning(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // A record drafted from what was known then, drafted anew when that has changed meanwhile.
  struct Draft {
    v1::DeploymentState state;
    int64_t memory_changes = 0;
  };
  Draft MakeDraft(const v1::DeployRequest& request, const ServiceDefinition& definition) const;
  absl::StatusOr<SnapshotPtr> Accept(const v1::DeployRequest& request,
                                     const ServiceDefinitionPtr& definition,
                                     const RequestLog::Name& name, Draft draft);
  absl::StatusOr<SnapshotPtr> AcceptRollback(const v1::RollbackRequest& request,
                                             const RequestLog::Name& name, JobPtr& running)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The caller cancels the calls once no lock is held.
  absl::StatusOr<SnapshotPtr> RollBackRunning(const JobPtr& job, const v1::RollbackRequest& request,
                                              const RequestLog::Entry& entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<SnapshotPtr> RollBackEnded(const std::string& id,
                                            const v1::RollbackRequest& request,
                                            const RequestLog::Entry& entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What a verb has interrupted ends now. Without any lock: runs the drivers' cancel callbacks.
  void CutShort(DeploymentJob& job);
  // Applies a verb to the deployment `id` (a prefix will do): the check and `act` are one.
  using Act = std::function<absl::Status(v1::DeploymentState&, DeploymentJob&)>;
  absl::StatusOr<SnapshotPtr> Apply(Verb verb, const std::string& id, const std::string& reason,
                                    const Act& act);

  Clock& clock_;
  Registry& registry_;
  const ServiceCatalog& catalog_;
  const std::function<std::string()> make_id_;
  const size_t max_unconfigured_services_;

  mutable Mutex mutex_;
  CondVar job_ended_;
  bool accepting_ ABSL_GUARDED_BY(mutex_) = true;
  std::map<std::string, JobPtr> jobs_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> active_of_ ABSL_GUARDED_BY(mutex_);  // service → deployment
  RequestLog requests_ ABSL_GUARDED_BY(mutex_);

  // Last, so that they end first: the deployments before the calls that they make.
  WorkerPool target_calls_;
  WorkerPool workers_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_DEPLOYMENT_MANAGER_H_
