// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the tests of the audit trail share: a file in a directory of its own, ways to fill, read and
// damage it, and a disk that is full.

#ifndef SLUICE_TESTS_AUTH_AUDIT_FIXTURE_H_
#define SLUICE_TESTS_AUTH_AUDIT_FIXTURE_H_

#include <sys/resource.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "auth/audit_file.h"
#include "auth/audit_trail.h"
#include "auth/scratch.h"
#include "base/audit/audit_reader.h"
#include "gtest/gtest.h"

namespace sluice {

inline v1::AuditRecord Record(const std::string& service) {
  v1::AuditRecord record = MakeAuditRecord({TokenIdentity{"ci", "hash"}, "127.0.0.1:9"},
                                           "/sluice.v1.DeploymentService/Deploy");
  record.set_service(service);
  SetOutcome(absl::OkStatus(), record);
  return record;
}

class AuditTest : public ::testing::Test {
 protected:
  std::string path() const { return directory_.Path("audit.jsonl"); }

  std::unique_ptr<AuditFile> Open() const {
    auto file = AuditFile::Open(path());
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  static absl::Status Append(AuditFile& file, const std::vector<std::string>& services) {
    std::vector<v1::AuditRecord> records;
    for (const std::string& service : services) records.push_back(Record(service));
    return file.Append(records);
  }
  void Fill(int records) const {
    const auto file = Open();
    for (int i = 1; i <= records; ++i) {
      EXPECT_TRUE(Append(*file, {absl::StrCat("s", i)}).ok());
    }
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = absl::StrSplit(directory_.Read("audit.jsonl"), '\n');
    EXPECT_EQ(lines.back(), "");
    lines.pop_back();
    return lines;
  }
  void Rewrite(const std::vector<std::string>& lines) const {
    directory_.Write("audit.jsonl", absl::StrCat(absl::StrJoin(lines, "\n"), "\n"));
  }
  std::string Fault() const {
    const auto summary = VerifyAuditTrail(path());
    if (summary.ok()) return "";
    EXPECT_EQ(summary.status().code(), absl::StatusCode::kDataLoss);
    return absl::StrReplaceAll(summary.status().message(), {{path(), "FILE"}});
  }

  ScratchDirectory directory_;
  SetClock clock_;
};

// A limit on the size of files gives a real short write, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

}  // namespace sluice

#endif  // SLUICE_TESTS_AUTH_AUDIT_FIXTURE_H_
