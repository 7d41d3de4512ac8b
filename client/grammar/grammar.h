// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Every verb, argument and flag, declared to the parsing library, with its help. Holds what they
// are parsed into. Used by command_line; one thread.

#ifndef SLUICE_CLIENT_GRAMMAR_GRAMMAR_H_
#define SLUICE_CLIENT_GRAMMAR_GRAMMAR_H_

#include <string>

#include "CLI/CLI.hpp"
#include "client/options.h"

namespace sluice::client {

inline constexpr char kVersion[] = "sluice " SLUICE_VERSION "\n";

// Not movable: the library keeps references to what the flags fill.
class Grammar {
 public:
  Grammar();
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  CLI::App& app() { return app_; }
  // After app().parse() was successful.
  CommandLine Result() const { return {global_, *chosen_}; }

 private:
  // A verb whose options are `options` when it is the one that is given.
  template <typename Options>
  CLI::App& AddVerb(const std::string& name, const std::string& help, const Options& options,
                    const std::string& examples);
  // As AddVerb, of the second word of a verb that has several actions.
  template <typename Options>
  CLI::App& AddAction(CLI::App& parent, const std::string& name, const std::string& help,
                      const Options& options, const std::string& examples);

  void AddGlobals();
  void AddDeploy();
  void AddPlan();
  void AddRollback();
  void AddState();
  void AddList();
  void AddWatch();
  void AddControl(const std::string& name, const std::string& help, ControlOptions& options);
  void AddControls();
  void AddServices();
  void AddWait();
  void AddHealth();
  void AddInfo();
  void AddBackup();
  void AddAudit();
  void AddCerts();
  void AddToken();
  void AddCompletion();

  CLI::App app_;
  GlobalOptions global_;
  DeployOptions deploy_;
  RollbackOptions rollback_;
  StateOptions state_;
  ListOptions list_;
  WatchOptions watch_;
  PlanOptions plan_;
  ControlOptions pause_{ControlAction::kPause, "", "", false};
  ControlOptions resume_{ControlAction::kResume, "", "", false};
  ControlOptions promote_{ControlAction::kPromote, "", "", false};
  ControlOptions abort_{ControlAction::kAbort, "", "", false};
  ServicesOptions services_;
  WaitOptions wait_;
  HealthOptions health_;
  InfoOptions info_;
  BackupOptions backup_;
  CompletionOptions completion_;
  AuditOptions audit_;
  AuditVerifyOptions audit_verify_;
  CertsInitOptions certs_;
  TokenNewOptions token_;
  VerbOptions last_;
  const VerbOptions* chosen_ = nullptr;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_GRAMMAR_GRAMMAR_H_
