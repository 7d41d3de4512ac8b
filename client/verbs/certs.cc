// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/crypto/certificate_maker.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "client/new_file.h"
#include "client/text.h"
#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

// For clocks that do not agree.
constexpr absl::Duration kBackdated = absl::Minutes(5);
constexpr absl::Duration kAuthorityLife = absl::Hours(24 * 365 * 5);
// What browsers and platforms accept at most.
constexpr absl::Duration kCertificateLife = absl::Hours(24 * 397);
constexpr size_t kMaxCommonNameBytes = 64;

struct NewFile {
  std::string name;
  std::string content;
  mode_t mode;
};

std::vector<std::string> ServerHosts(const CertsInitOptions& options) {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  for (const std::string& host : options.hosts) {
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
  }
  return hosts;
}

std::string CheckedOptions(const CertsInitOptions& options) {
  for (const std::string& host : options.hosts) {
    if (!IsHost(host)) {
      return absl::StrCat("--host must be a DNS name or an IP address, is ", Quoted(host));
    }
  }
  Violations violations;
  CheckText("--client", options.client, kMaxCommonNameBytes, violations);
  if (options.client.empty()) violations.Add("--client", "must not be empty");
  // It is printed as a line of the configuration.
  if (options.client.find_first_of("\"\\") != std::string::npos) {
    violations.Add("--client", "must have no quotation mark and no backslash");
  }
  return std::string(violations.ToStatus().message());
}

void AddPair(const std::string& name, KeyAndCertificate made, std::vector<NewFile>& files) {
  files.push_back({name + ".key", std::move(made.private_key), 0600});
  files.push_back({name + ".crt", std::move(made.certificate), 0644});
}

absl::StatusOr<std::vector<NewFile>> MakeAll(const CertsInitOptions& options, absl::Time now) {
  const absl::Time from = now - kBackdated;
  const Validity life{from, now + kCertificateLife};
  std::vector<NewFile> files;
  SLUICE_ASSIGN_OR_RETURN(KeyAndCertificate authority,
                          MakeAuthority("Sluice development CA", {from, now + kAuthorityLife}));
  CertificateRequest request{.common_name = "sluiced",
                             .usage = CertificateRequest::Usage::kServer,
                             .hosts = ServerHosts(options),
                             .validity = life};
  SLUICE_ASSIGN_OR_RETURN(KeyAndCertificate server, IssueCertificate(authority, request));
  request = {
      .common_name = options.client, .usage = CertificateRequest::Usage::kClient, .validity = life};
  SLUICE_ASSIGN_OR_RETURN(KeyAndCertificate client, IssueCertificate(authority, request));
  AddPair("ca", std::move(authority), files);
  AddPair("server", std::move(server), files);
  AddPair("client", std::move(client), files);
  return files;
}

std::string PathOf(const std::string& directory, const std::string& name) {
  return absl::StrCat(directory, "/", name);
}

std::vector<std::string> ThoseThatExist(const std::string& directory,
                                        const std::vector<NewFile>& files) {
  std::vector<std::string> existing;
  struct stat info = {};
  for (const NewFile& file : files) {
    if (lstat(PathOf(directory, file.name).c_str(), &info) == 0) existing.push_back(file.name);
  }
  return existing;
}

absl::Status WriteAll(const std::string& directory, const std::vector<NewFile>& files) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, absl::StrCat(directory, ": cannot be made"));
  }
  for (const NewFile& file : files) {
    SLUICE_RETURN_IF_ERROR(ReplaceFile(PathOf(directory, file.name), file.content, file.mode));
  }
  return absl::OkStatus();
}

std::string AbsolutePath(const std::string& directory) {
  char* resolved = realpath(directory.c_str(), nullptr);
  const std::string path = resolved == nullptr ? directory : resolved;
  std::free(resolved);
  return path;
}

std::string LastDay(absl::Time now) {
  return absl::FormatTime("%Y-%m-%d", now + kCertificateLife, absl::UTCTimeZone());
}

Document SummaryDocument(const CertsInitOptions& options, absl::Time now) {
  const std::string at = AbsolutePath(options.directory);
  Document hosts{Document::Kind::kList, "", {}, {}};
  for (const std::string& host : ServerHosts(options)) hosts.items.push_back(TextDocument(host));
  Document summary;
  for (const char* name : {"ca", "server", "client"}) {
    for (const char* kind : {"crt", "key"}) {
      summary.members.push_back(
          {absl::StrCat(name, "_", kind), TextDocument(absl::StrCat(at, "/", name, ".", kind))});
    }
  }
  summary.members.push_back({"hosts", hosts});
  summary.members.push_back({"client_common_name", TextDocument(options.client)});
  summary.members.push_back({"last_day", TextDocument(LastDay(now))});
  return summary;
}

std::string Summary(const CertsInitOptions& options, absl::Time now) {
  const std::string at = AbsolutePath(options.directory);
  const std::string until = LastDay(now);
  return absl::StrCat(
      "in ", at, ":\n  ca.crt      ca.key      signs both; whoever has ca.key can sign more\n",
      "  server.crt  server.key  for ", absl::StrJoin(ServerHosts(options), ", "), "; until ",
      until, "\n  client.crt  client.key  for ", Printable(options.client), "; until ", until,
      "\nFor development only. In sluice.yaml:\n",
      "  listen:\n    tls:\n      certificate_file: ", at, "/server.crt\n      key_file: ", at,
      "/server.key\n      client_ca_file: ", at, "/ca.crt\n  access:\n    grants:\n",
      "      - {certificate_common_name: \"", Printable(options.client),
      "\", role: admin, services: [\"*\"]}\n");
}

}  // namespace

ExitCode Run(const CertsInitOptions& options, Session& session) {
  const std::string mistake = CheckedOptions(options);
  if (!mistake.empty()) return session.UsageError(mistake);
  const absl::Time now = absl::Now();
  const absl::StatusOr<std::vector<NewFile>> files = MakeAll(options, now);
  absl::Status status = files.status();
  if (files.ok()) {
    const std::vector<std::string> existing = ThoseThatExist(options.directory, *files);
    if (!existing.empty() && !options.force) {
      session.console.WriteError(absl::StrCat(
          "sluice: ", options.directory, " has ", absl::StrJoin(existing, ", "),
          " already; nothing was changed. --force replaces all of them, --dir names another "
          "place.\n"));
      return ExitCode::kRefused;
    }
    status = WriteAll(options.directory, *files);
  }
  if (!status.ok()) {
    session.console.WriteError(absl::StrCat("sluice: ", status.message(), "\n"));
    return ExitCode::kFailed;
  }
  if (session.structured()) {
    session.PrintDocument(SummaryDocument(options, now));
  } else {
    session.console.Write(Summary(options, now));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
