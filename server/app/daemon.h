// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The object graph of sluiced: engine, drivers and server, wired together from the configuration.
// Made and used by main's thread.

#ifndef SLUICE_APP_DAEMON_H_
#define SLUICE_APP_DAEMON_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/durable_records.h"
#include "app/ticker.h"
#include "auth/access_control.h"
#include "auth/audit_trail.h"
#include "auth/certificate_files.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "engine/deployment_manager.h"
#include "engine/registry.h"
#include "engine/service_catalog.h"
#include "rpc/self_check.h"
#include "rpc/server.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

class Daemon {
 public:
  // Listens and serves when it returns. `inherited`: sockets that listen already.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const config::v1::Config& config,
                                                       std::vector<UniqueFd> inherited);
  ~Daemon();

  // Where it listens, for people: "unix:/run/sluice/sluice.sock and 127.0.0.1:7400".
  std::string Addresses() const;

  // Takes the services of `config`, its grants and token file; running deployments keep what they
  // began with. Warns of other settings that differ: they need a restart. FAILED_PRECONDITION when
  // there is no service or no `access` any more, as when the file is just being written.
  absl::Status Reload(const config::v1::Config& config);

  // Refuses what is new, waits drain_notice, lets running calls end within drain_grace and cuts off
  // what is left, tells the watchers, stops listening.
  void Drain();
  // Longer than any Drain that works takes.
  absl::Duration DrainLimit() const;
  // Ends the calls that run, commands included, without waiting for what they were to do. Only the
  // end of the process may follow. Thread-safe: Drain may run.
  void CutOff();

  // Whether the daemon answers a call of its own within `timeout`. Blocks, also for as long as the
  // disk does. One thread at a time.
  absl::Status CheckAlive(absl::Duration timeout);
  Clock& clock() { return clock_; }

  size_t ActiveDeployments() const { return manager_.ActiveDeployments(); }

  // "disk" or "memory".
  std::string Durability() const { return records_ == nullptr ? "memory" : "disk"; }

 private:
  explicit Daemon(const config::v1::Config& config);
  absl::Status OpenFiles();
  absl::Status Serve(std::vector<UniqueFd> inherited);
  v1::ServerInfo Info() const;
  absl::Status TakeServices(const config::v1::Config& config);
  // Reads again what others have replaced: tokens and certificates.
  void Refresh();
  void RefreshCertificates();
  // Locks data_dir and reads what is there.
  absl::Status RestoreRecords();
  // Takes up what was unfinished.
  void GoOn();
  void KillCommandsOfUnfinished();
  // Thread-safe.
  void OnJournalFailure(const absl::Status& failure);
  // Makes health say whether changes are taken. Thread-safe.
  void UpdateHealth();
  // Whose health that is from now on.
  void SetServing(RpcServer* server);

  const config::v1::Config config_;
  RealClock clock_;
  std::atomic<bool> draining_{false};
  Mutex serving_mutex_;
  // Whose health a failing disk changes; null as server_ is.
  RpcServer* serving_ ABSL_GUARDED_BY(serving_mutex_) = nullptr;
  bool journal_failed_ ABSL_GUARDED_BY(serving_mutex_) = false;
  ServiceCatalog catalog_;
  Registry registry_;
  std::unique_ptr<DurableRecords> records_;  // null without data_dir
  DeploymentManager manager_;
  std::unique_ptr<AccessControl> access_;
  std::unique_ptr<AuditTrail> audit_;               // null: nothing is recorded
  std::unique_ptr<CertificateFiles> certificates_;  // null: no TLS
  std::unique_ptr<RpcServer> server_;  // null before Start has succeeded and after Drain
  std::unique_ptr<SelfCheck> self_check_;
  int refreshes_ = 0;  // the refresher's alone
  std::unique_ptr<Ticker> refresher_;
};

}  // namespace sluice

#endif  // SLUICE_APP_DAEMON_H_
