// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A small file that others replace while the daemon runs: read again only when it has changed. Used
// by the token file and the certificate files. Not thread-safe.

#ifndef SLUICE_AUTH_WATCHED_FILE_H_
#define SLUICE_AUTH_WATCHED_FILE_H_

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace sluice {

class WatchedFile {
 public:
  struct Options {
    std::string path;
    // Bits that its mode must not have.
    mode_t forbidden_mode = S_IWGRP | S_IWOTH;
  };

  WatchedFile(const Clock& clock, Options options) : clock_(clock), options_(std::move(options)) {}

  // True when content() is new. The error names the file; it comes once, and again only when
  // something else is wrong. content() then stays as it was.
  absl::StatusOr<bool> Poll();

  const std::string& content() const { return content_; }
  const std::string& path() const { return options_.path; }

 private:
  // What tells one state of the file from another without reading it.
  struct Stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    absl::Time modified;
    absl::Time changed;
    bool operator==(const Stamp& other) const = default;
  };

  static Stamp StampOf(const struct stat& info);
  bool IsUnchanged() const;
  absl::StatusOr<std::string> Read();
  absl::Status CheckFile(const struct stat& info) const;

  const Clock& clock_;
  const Options options_;
  std::optional<Stamp> stamp_;
  std::string content_;
  bool has_content_ = false;
  absl::Status last_error_;
};

}  // namespace sluice

#endif  // SLUICE_AUTH_WATCHED_FILE_H_
