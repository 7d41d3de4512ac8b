// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the user asked for, one struct a verb: what the command line is parsed into and what the
// verbs take. Plain values.

#ifndef SLUICE_CLIENT_OPTIONS_H_
#define SLUICE_CLIENT_OPTIONS_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace sluice::client {

enum class OutputFormat { kText, kWide, kJson, kYaml };

// Empty: what the environment names.
struct CredentialFiles {
  std::string ca;  // of the daemon's certificate; with it TLS is spoken
  std::string certificate;
  std::string key;
  std::string token;
};

struct GlobalOptions {
  std::string address;  // empty: SLUICE_ADDRESS, else the default socket
  CredentialFiles credentials;
  absl::Duration timeout = absl::Seconds(10);
  OutputFormat output = OutputFormat::kText;
};

struct DeployOptions {
  std::string service;
  std::string version;
  std::string strategy;
  // The given strategy parameters: field name in the contract, value as it was written.
  std::vector<std::pair<std::string, std::string>> strategy_parameters;
  std::vector<std::string> targets;  // ID or ID=ADDRESS
  std::string on_failure;
  std::string on_uncertain;
  std::optional<int> max_failed_targets;
  std::optional<absl::Duration> progress_deadline;
  std::string reason;
  std::vector<std::string> metadata;  // KEY=VALUE
  std::string request_id;             // empty: a random one
  std::string file;                   // YAML; "-" is standard input
  bool watch = false;
};

struct PlanOptions {
  DeployOptions deployment;
};

// `subject`, here and below: a service (its latest deployment), or an id or its unique beginning.
struct RollbackOptions {
  std::string subject;
  std::string to_version;
  std::string reason;
  std::string request_id;
  bool watch = false;
};

struct StateOptions {
  std::string subject;
};

struct ListOptions {
  std::string service;
  std::vector<std::string> statuses;
  int limit = 50;  // 0: all
};

struct WatchOptions {
  std::string subject;  // empty: everything
};

enum class ControlAction { kPause, kResume, kPromote, kAbort };

struct ControlOptions {
  ControlAction action = ControlAction::kPause;
  std::string subject;
  std::string reason;
  bool full = false;
};

struct ServicesOptions {};

enum class WaitCondition { kCompleted, kPaused, kTerminal };

struct WaitOptions {
  std::string subject;
  WaitCondition condition = WaitCondition::kCompleted;
  absl::Duration timeout = absl::InfiniteDuration();
};

struct HealthOptions {
  std::string service;  // empty: the whole daemon
};

struct InfoOptions {};

struct BackupOptions {
  std::string file;  // on the daemon's machine
  absl::Duration timeout = absl::Minutes(10);
};

struct CompletionOptions {
  std::string shell;
};

struct CertsInitOptions {
  std::string directory = "certs";
  std::vector<std::string> hosts;  // besides localhost
  std::string client = "developer";
  bool force = false;
};

struct TokenNewOptions {
  std::string name;
  std::string expires;  // empty: never
  std::string file;     // the line is appended to it
};

inline constexpr char kDefaultAuditFile[] = "/var/lib/sluice/audit.jsonl";

struct AuditOptions {
  std::string file = kDefaultAuditFile;
  std::string service;    // empty: all
  std::string principal;  // empty: all
  int limit = 100;        // the last ones; 0: all
};

struct AuditVerifyOptions {
  std::string file = kDefaultAuditFile;
};

using VerbOptions =
    std::variant<DeployOptions, RollbackOptions, StateOptions, ListOptions, WatchOptions,
                 PlanOptions, ControlOptions, ServicesOptions, WaitOptions, HealthOptions,
                 InfoOptions, BackupOptions, CompletionOptions, CertsInitOptions, TokenNewOptions,
                 AuditOptions, AuditVerifyOptions>;

struct CommandLine {
  GlobalOptions global;
  VerbOptions verb;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_OPTIONS_H_
