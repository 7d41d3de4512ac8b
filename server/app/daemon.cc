// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/daemon.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/changed_settings.h"
#include "app/server_options.h"
#include "app/service_definitions.h"
#include "app/version.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "drivers/shared/command.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

// Of drain_grace: how long running calls may go on by themselves, and how long answers may take to
// reach their readers at the end.
constexpr double kShareForCalls = 0.7;
constexpr double kShareForReaders = 0.1;
constexpr absl::Duration kRefreshInterval = absl::Seconds(1);
constexpr int kRefreshesPerCheck = 5;
constexpr size_t kMaxLoggedBytes = 4096;
// What a drain may take beyond its grace: the last bytes, the end of threads.
constexpr absl::Duration kDrainMargin = absl::Seconds(10);
// Longer than a command takes to die.
constexpr absl::Duration kCutOffLimit = absl::Seconds(2);

// 16 hexadecimal digits: unique enough, and short to type.
std::string RandomId() {
  absl::BitGen random;
  return absl::StrFormat("%016x", absl::Uniform<uint64_t>(random));
}

// What a reload does not take.
config::v1::Config Fixed(config::v1::Config config) {
  config.clear_services();
  const std::string audit_file = config.access().audit_file();
  config.mutable_access()->Clear();
  config.mutable_access()->set_audit_file(audit_file);
  return config;
}

// Says what became of files that are looked at again and again. True when there is something new.
bool LogRefresh(const char* what, const absl::StatusOr<bool>& refreshed) {
  if (!refreshed.ok()) {
    spdlog::error("event={}_refused message=\"the old ones stay\" error={}", what,
                  Quoted(refreshed.status().message(), kMaxLoggedBytes));
    return false;
  }
  if (*refreshed) spdlog::info("event={}_reloaded", what);
  return *refreshed;
}

}  // namespace

Daemon::Daemon(const config::v1::Config& config)
    : config_(config),
      catalog_(DefineUnconfigured(config)),
      registry_(clock_, config.limits().history_per_service()),
      manager_(clock_, registry_, catalog_, EngineLimitsOf(config.limits()), RandomId) {}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const config::v1::Config& config,
                                                      std::vector<UniqueFd> inherited) {
  std::unique_ptr<Daemon> daemon(new Daemon(config));
  SLUICE_RETURN_IF_ERROR(daemon->TakeServices(config));
  // First: whoever has the directory also has the daemon's other files.
  SLUICE_RETURN_IF_ERROR(daemon->RestoreRecords());
  SLUICE_RETURN_IF_ERROR(daemon->OpenFiles());
  WarnOfOpenAddress(config);
  WarnOfFewDescriptors(config.limits());
  // Before anything goes on: a daemon that nobody can reach must not roll anything out.
  SLUICE_RETURN_IF_ERROR(daemon->Serve(std::move(inherited)));
  daemon->GoOn();
  SLUICE_RETURN_IF_ERROR(daemon->server_->Accept());
  SLUICE_ASSIGN_OR_RETURN(daemon->refresher_,
                          Ticker::Start("refresher", kRefreshInterval, daemon->clock_,
                                        [self = daemon.get()] { self->Refresh(); }));
  return daemon;
}

absl::Status Daemon::OpenFiles() {
  SLUICE_ASSIGN_OR_RETURN(access_, AccessControl::Make(config_, clock_));
  if (!config_.access().audit_file().empty()) {
    SLUICE_ASSIGN_OR_RETURN(audit_, AuditTrail::Open(config_.access().audit_file(), clock_,
                                                     [this] { UpdateHealth(); }));
  }
  if (config_.listen().has_tls()) {
    SLUICE_ASSIGN_OR_RETURN(certificates_, CertificateFiles::Load(config_.listen().tls(), clock_));
  }
  return absl::OkStatus();
}

absl::Status Daemon::Serve(std::vector<UniqueFd> inherited) {
  SLUICE_ASSIGN_OR_RETURN(ServerOptions options, ServerOptionsOf(config_));
  options.inherited = std::move(inherited);
  const ServerContext context{.clock = clock_,
                              .manager = manager_,
                              .registry = registry_,
                              .access = *access_,
                              .audit = audit_.get(),
                              .certificates = certificates_.get(),
                              .backups = records_ == nullptr ? nullptr : &records_->backups(),
                              .info = Info()};
  SLUICE_ASSIGN_OR_RETURN(server_, RpcServer::Start(std::move(options), context));
  SetServing(server_.get());
  self_check_ = server_->MakeSelfCheck();
  return absl::OkStatus();
}

absl::Status Daemon::CheckAlive(absl::Duration timeout) {
  if (draining_) return absl::OkStatus();  // It has a limit of its own.
  SLUICE_RETURN_IF_ERROR(self_check_->Check(timeout));
  // A disk that fails answers; one that does not answer is what this is for.
  registry_.AwaitDurable().IgnoreError();
  return absl::OkStatus();
}

v1::ServerInfo Daemon::Info() const {
  v1::ServerInfo info;
  info.set_version(kVersion);
  *info.mutable_start_time() = ToTimestamp(clock_.Now());
  info.set_durability(records_ == nullptr ? v1::DURABILITY_MEMORY : v1::DURABILITY_DISK);
  info.set_data_dir(config_.data_dir());
  info.set_insecure_listen(config_.listen().insecure_listen());
  *info.mutable_watch_heartbeat() = config_.watch_heartbeat();
  return info;
}

absl::Status Daemon::RestoreRecords() {
  if (config_.data_dir().empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(records_, DurableRecords::Open(config_.data_dir(), clock_, registry_,
                                                         [this](const absl::Status& failure) {
                                                           OnJournalFailure(failure);
                                                         }));
  return absl::OkStatus();
}

void Daemon::GoOn() {
  if (records_ == nullptr) return;
  KillCommandsOfUnfinished();
  manager_.ResumeAll(records_->requests());
}

void Daemon::KillCommandsOfUnfinished() {
  std::set<std::string> ids;
  for (const SnapshotPtr& unfinished : registry_.Unfinished()) ids.insert(unfinished->state().id());
  const auto killed = KillCommandsOf(ids);
  if (killed.empty()) return;
  spdlog::warn(
      "event=commands_killed message=\"the daemon before was killed while commands ran\" "
      "processes=\"{}\"",
      absl::StrJoin(killed, ", ", absl::PairFormatter(" ")));
}

void Daemon::OnJournalFailure(const absl::Status& failure) {
  spdlog::critical("event=journal_failed message={}", Quoted(failure.message(), 1024));
  {
    MutexLock lock(serving_mutex_);
    journal_failed_ = true;
  }
  UpdateHealth();
}

void Daemon::UpdateHealth() {
  const bool is_kept = registry_.failure().ok();
  MutexLock lock(serving_mutex_);
  if (serving_ == nullptr) return;
  const bool is_recorded = audit_ == nullptr || audit_->failure().ok();
  serving_->SetServing(!draining_ && is_kept && !journal_failed_ && is_recorded);
}

void Daemon::SetServing(RpcServer* server) {
  {
    MutexLock lock(serving_mutex_);
    serving_ = server;
  }
  UpdateHealth();
}

Daemon::~Daemon() {
  if (server_ != nullptr) Drain();
}

std::string Daemon::Addresses() const { return absl::StrJoin(server_->addresses(), " and "); }

absl::Status Daemon::Reload(const config::v1::Config& config) {
  if (config.services().empty() && !catalog_.All().empty()) {
    return absl::FailedPreconditionError(
        "the configuration has no services any more; restart sluiced if that is meant");
  }
  if (!config.has_access() && access_->is_closed()) {
    return absl::FailedPreconditionError(
        "the configuration has no access any more, so that everybody could do everything; restart "
        "sluiced if that is meant");
  }
  SLUICE_RETURN_IF_ERROR(access_->Reload(config));
  server_->CheckWatchers();
  SLUICE_RETURN_IF_ERROR(TakeServices(config));
  if (const auto changed = ChangedSettings(Fixed(config_), Fixed(config)); !changed.empty()) {
    spdlog::warn(
        "event=restart_needed settings={} message=\"they have changed, and count after a restart\"",
        absl::StrJoin(changed, ","));
  }
  return absl::OkStatus();
}

void Daemon::Refresh() {
  bool check = LogRefresh("tokens", access_->Refresh());
  if (certificates_ != nullptr) RefreshCertificates();
  // A token that expires changes no file.
  check = ++refreshes_ % kRefreshesPerCheck == 0 || check;
  if (check) server_->CheckWatchers();
}

void Daemon::RefreshCertificates() {
  LogRefresh("certificates", certificates_->Refresh());
  const std::string notice = certificates_->ExpiryNotice();
  if (!notice.empty()) spdlog::warn("event=certificate_expires message={}", Quoted(notice));
}

absl::Status Daemon::TakeServices(const config::v1::Config& config) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<ServiceDefinitionPtr> services, DefineServices(config));
  catalog_.Replace(std::move(services));
  return absl::OkStatus();
}

void Daemon::Drain() {
  const absl::Duration grace = FromProtoDuration(config_.drain_grace());
  draining_ = true;
  refresher_ = nullptr;
  UpdateHealth();
  manager_.StopAccepting();
  spdlog::info("event=drain_began grace={}", absl::FormatDuration(grace));
  SleepFor(clock_, FromProtoDuration(config_.drain_notice()), std::stop_token());
  const size_t left = manager_.Drain(grace * kShareForCalls, grace * (1 - kShareForReaders));
  if (left > 0) spdlog::warn("event=drain_incomplete deployments={}", left);
  registry_.AwaitDurable().IgnoreError();  // A failure has been logged.
  registry_.Close();
  SetServing(nullptr);
  self_check_->Close();
  server_->Shutdown(grace * kShareForReaders);
  server_ = nullptr;
  audit_ = nullptr;
  spdlog::info("event=drain_ended");
}

absl::Duration Daemon::DrainLimit() const {
  return FromProtoDuration(config_.drain_notice()) + FromProtoDuration(config_.drain_grace()) +
         kDrainMargin;
}

void Daemon::CutOff() {
  const size_t left = manager_.Drain(absl::ZeroDuration(), kCutOffLimit);
  spdlog::warn("event=cut_off deployments={}", left);
}

}  // namespace sluice
