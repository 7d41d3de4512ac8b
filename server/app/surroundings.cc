// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/surroundings.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

bool IsMissing(const std::string& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) != 0 && errno == ENOENT;
}

// Of a directory that is not there: whether it may be when the daemon needs it.
bool MayBeMade(const std::string& directory, const std::string& data_dir, Purpose purpose) {
  // Which the start makes first.
  if (directory == data_dir) return true;
  if (purpose != Purpose::kCheck) return false;
  // As for data_dir: systemd makes some (StateDirectory).
  return !IsMissing(DirectoryOf(directory)) ||
         (!data_dir.empty() && absl::StartsWith(directory, absl::StrCat(data_dir, "/")));
}

absl::Status CheckAuditFile(const config::v1::Config& config, Purpose purpose) {
  const std::string& file = config.access().audit_file();
  if (file.empty()) return absl::OkStatus();
  const std::string directory = DirectoryOf(file);
  if (IsMissing(directory) && MayBeMade(directory, config.data_dir(), purpose)) {
    return absl::OkStatus();
  }
  return AuditFile::CheckPlace(file);
}

}  // namespace

std::vector<FieldError> CheckSurroundings(const config::v1::Config& config, Purpose purpose,
                                          const Clock& clock) {
  std::vector<FieldError> errors = FindUnknownPrincipals(config.access());
  AddIfWrong("access.token_file", CheckTokens(config.access().token_file(), clock), errors);
  if (purpose == Purpose::kReload) return errors;
  AddIfWrong("access.audit_file", CheckAuditFile(config, purpose), errors);
  AddIfWrong("data_dir", CheckDataDir(config.data_dir(), purpose), errors);
  if (!config.listen().has_tls()) return errors;
  std::vector<FieldError> of_tls = CertificateFiles::Check(config.listen().tls(), clock);
  for (FieldError& error : of_tls) errors.push_back(std::move(error));
  return errors;
}

}  // namespace sluice
