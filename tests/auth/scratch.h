// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Files in a directory of the test's own, and a wall clock that the test sets.

#ifndef SLUICE_TESTS_AUTH_SCRATCH_H_
#define SLUICE_TESTS_AUTH_SCRATCH_H_

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace sluice {

// Removed with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "sluice-auth-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  std::string Path(const std::string& name) const { return absl::StrCat(path_, "/", name); }

  // Replaces the file, as a rename does.
  std::string Write(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    const std::string temporary = Path(name + ".tmp");
    std::ofstream(temporary, std::ios::binary) << content;
    chmod(temporary.c_str(), mode);
    std::filesystem::rename(temporary, Path(name));
    return Path(name);
  }

  std::string Read(const std::string& name) const {
    std::ifstream stream(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

 private:
  std::string path_;
};

// Real but for the wall time.
class SetClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration Monotonic() const override { return real_.Monotonic(); }
  std::string Boot() const override { return ""; }
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    real_.WaitUntil(mutex, condition, deadline);
  }

  // Only changed while no other thread reads it.
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);

 private:
  RealClock real_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_AUTH_SCRATCH_H_
