// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/surroundings.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "auth/audit_file.h"
#include "auth/certificate_files.h"
#include "auth/policy.h"
#include "auth/token_file.h"
#include "base/data_directory.h"
#include "base/durable_file.h"

namespace sluice {
namespace {

void AddIfWrong(const char* field, absl::Status status, std::vector<FieldError>& errors) {
  if (!status.ok()) errors.push_back({field, std::move(status)});
}

absl::Status CheckTokens(const std::string& file, const Clock& clock) {
  if (file.empty()) return absl::OkStatus();
  return TokenFile::Load(file, clock).status();
}

absl::Status CheckDataDir(const std::string& data_dir, Purpose purpose) {
  if (data_dir.empty()) return absl::OkStatus();
  return DataDirectory::Check(data_dir, purpose == Purpose::kCheck ? DataDirectory::User::kAnybody
                                                                   : DataDirectory::User::kCaller);
}

absl::Status CheckAuditFile(const config::v1::Config& config) {
  const std::string& file = config.access().audit_file();
  if (file.empty()) return absl::OkStatus();
  // Which the start makes first.
  const bool is_made = DirectoryOf(file) == config.data_dir() &&
                       access(config.data_dir().c_str(), F_OK) != 0 && errno == ENOENT;
  return is_made ? absl::OkStatus() : AuditFile::CheckPlace(file);
}

}  // namespace

std::vector<FieldError> CheckSurroundings(const config::v1::Config& config, Purpose purpose,
                                          const Clock& clock) {
  std::vector<FieldError> errors = FindUnknownPrincipals(config.access());
  AddIfWrong("access.token_file", CheckTokens(config.access().token_file(), clock), errors);
  if (purpose == Purpose::kReload) return errors;
  AddIfWrong("access.audit_file", CheckAuditFile(config), errors);
  AddIfWrong("data_dir", CheckDataDir(config.data_dir(), purpose), errors);
  if (!config.listen().has_tls()) return errors;
  std::vector<FieldError> of_tls = CertificateFiles::Check(config.listen().tls(), clock);
  for (FieldError& error : of_tls) errors.push_back(std::move(error));
  return errors;
}

}  // namespace sluice
