// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "app/validate_config.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/unique_fd.h"
#include "base/violations.h"
#include "base/yaml_message.h"

namespace sluice {
namespace {

constexpr size_t kMaxFileBytes = 16 * 1024 * 1024;

absl::Status CannotRead(const std::string& file) {
  return absl::NotFoundError(absl::StrCat(file, ": cannot be read: ", std::strerror(errno)));
}

absl::StatusOr<UniqueFd> Open(const std::string& file) {
  // Without waiting: to open a named pipe that nobody writes to takes for ever.
  UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (!fd.ok() || fstat(fd.get(), &info) != 0) return CannotRead(file);
  if (S_ISREG(info.st_mode)) return fd;
  return absl::InvalidArgumentError(
      absl::StrCat(file, ": must be a regular file, which every reload can read anew"));
}

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  SLUICE_ASSIGN_OR_RETURN(const UniqueFd fd, Open(file));
  std::string text;
  char buffer[16 * 1024];
  ssize_t got = 0;
  while (text.size() <= kMaxFileBytes && (got = read(fd.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  if (got < 0) return CannotRead(file);
  if (text.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": must be at most ", kMaxFileBytes, " bytes"));
  }
  return text;
}

void ApplyFlags(const ConfigFlags& flags, config::v1::Config& config) {
  config::v1::Listen& listen = *config.mutable_listen();
  if (flags.data_dir) config.set_data_dir(*flags.data_dir);
  if (flags.unix_socket) listen.set_unix_socket(*flags.unix_socket);
  if (flags.tcp) listen.set_tcp(*flags.tcp);
  if (flags.insecure_listen) listen.set_insecure_listen(true);
  if (flags.log_level) config.set_log_level(*flags.log_level);
}

void FillLimits(config::v1::Limits& limits) {
  if (!limits.has_max_active_deployments()) limits.set_max_active_deployments(1000);
  if (!limits.has_max_pending_deployments()) limits.set_max_pending_deployments(10'000);
  if (!limits.has_history_per_service()) limits.set_history_per_service(20);
  if (!limits.has_max_unconfigured_services()) limits.set_max_unconfigured_services(10'000);
  if (!limits.has_max_target_calls()) limits.set_max_target_calls(1024);
  if (!limits.has_max_connections()) limits.set_max_connections(4096);
  if (!limits.has_max_connections_per_peer()) limits.set_max_connections_per_peer(512);
  if (!limits.has_max_watches_per_principal()) limits.set_max_watches_per_principal(2000);
}

void FillDefaults(bool has_file, config::v1::Config& config) {
  config::v1::Listen& listen = *config.mutable_listen();
  if (listen.unix_socket().empty()) listen.set_unix_socket(kDefaultSocket);
  FillLimits(*config.mutable_limits());
  if (!config.has_drain_grace()) {
    *config.mutable_drain_grace() = ToProtoDuration(absl::Seconds(20));
  }
  if (!config.has_watch_heartbeat()) {
    *config.mutable_watch_heartbeat() = ToProtoDuration(absl::Seconds(30));
  }
  if (!config.has_allow_unconfigured_services()) config.set_allow_unconfigured_services(!has_file);
  if (!config.has_reflection()) config.set_reflection(true);
  if (config.log_level().empty()) config.set_log_level("info");
}

// The flag that gave the value of `field`; empty when the file did.
std::string FlagOf(absl::string_view field, const ConfigFlags& flags) {
  if (field == "data_dir" && flags.data_dir) return "--data-dir";
  if (field == "listen.unix_socket" && flags.unix_socket) return "--socket";
  if (field == "listen.tcp" && flags.tcp) return "--listen";
  if (field == "log_level" && flags.log_level) return "--log-level";
  return "";
}

// The kinds of faults, the gravest last: what time may heal, what another user might not have, and
// what stays wrong.
absl::StatusCode KindOf(const absl::Status& fault) {
  switch (fault.code()) {
    case absl::StatusCode::kPermissionDenied:
      return fault.code();
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnknown:  // EIO, for example
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

absl::StatusCode Graver(absl::StatusCode one, absl::StatusCode other) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kInvalidArgument, absl::StatusCode::kPermissionDenied}) {
    if (one == code || other == code) return code;
  }
  return absl::StatusCode::kUnavailable;
}

struct Faults {
  Violations all;
  absl::StatusCode gravest = absl::StatusCode::kUnavailable;
};

Faults FindFaults(const config::v1::Config& config, const LookAround& look_around) {
  Faults faults;
  ValidateConfig(config, faults.all);
  std::set<std::string> named;
  for (const Violation& violation : faults.all.all()) named.insert(violation.field);
  if (!named.empty()) faults.gravest = absl::StatusCode::kInvalidArgument;
  if (look_around == nullptr) return faults;
  for (const FieldError& error : look_around(config)) {
    // A path that breaks a rule need not be there as well.
    if (named.contains(error.field)) continue;
    for (const absl::string_view line : absl::StrSplit(error.status.message(), '\n')) {
      faults.all.Add(error.field, line);
    }
    faults.gravest = Graver(faults.gravest, KindOf(error.status));
  }
  return faults;
}

// The file's faults go to `document`, the flags' are returned.
std::vector<std::string> Assign(const Violations& found, const ConfigFlags& flags,
                                YamlDocument& document) {
  Violations in_file;
  std::vector<std::string> in_flags;
  for (const Violation& violation : found.all()) {
    const std::string flag = FlagOf(violation.field, flags);
    if (flag.empty()) {
      in_file.Add(violation.field, violation.description);
    } else {
      in_flags.push_back(absl::StrCat(flag, ": ", violation.description));
    }
  }
  document.Add(in_file);
  return in_flags;
}

// Adds to `document` what is wrong with `config`, which was read from it.
absl::Status Check(const config::v1::Config& config, const ConfigFlags& flags,
                   const LookAround& look_around, YamlDocument& document) {
  Faults faults = FindFaults(config, look_around);
  if (!document.ok()) faults.gravest = absl::StatusCode::kInvalidArgument;
  std::vector<std::string> lines = Assign(faults.all, flags, document);
  const std::vector<std::string> in_file = document.Lines();
  lines.insert(lines.end(), in_file.begin(), in_file.end());
  if (lines.empty()) return absl::OkStatus();
  return absl::Status(faults.gravest, absl::StrJoin(lines, "\n"));
}

absl::StatusOr<config::v1::Config> DefaultConfig(const ConfigFlags& flags,
                                                 const LookAround& look_around) {
  config::v1::Config config;
  YamlDocument nothing("defaults");
  ApplyFlags(flags, config);
  FillDefaults(/*has_file=*/false, config);
  SLUICE_RETURN_IF_ERROR(Check(config, flags, look_around, nothing));
  return config;
}

}  // namespace

absl::StatusOr<config::v1::Config> ParseConfig(absl::string_view name, absl::string_view text,
                                               const ConfigFlags& flags,
                                               const LookAround& look_around) {
  config::v1::Config config;
  YamlDocument document(name);
  document.Read(text, config);
  ApplyFlags(flags, config);
  FillDefaults(/*has_file=*/true, config);
  SLUICE_RETURN_IF_ERROR(Check(config, flags, look_around, document));
  return config;
}

absl::StatusOr<config::v1::Config> LoadConfig(const std::optional<std::string>& file,
                                              const ConfigFlags& flags,
                                              const LookAround& look_around) {
  if (!file) return DefaultConfig(flags, look_around);
  SLUICE_ASSIGN_OR_RETURN(const std::string text, ReadFile(*file));
  return ParseConfig(*file, text, flags, look_around);
}

}  // namespace sluice
