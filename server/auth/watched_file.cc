// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/watched_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/unique_fd.h"

namespace sluice {
namespace {

constexpr size_t kMaxBytes = 4 * 1024 * 1024;
// A file may change twice within one tick of its file system's clock: younger than this, its times
// do not tell yet.
constexpr absl::Duration kRacyTime = absl::Seconds(2);

absl::Status Failed(const std::string& path, const char* what) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": ", what));
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string content;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path, "cannot be read");
    if (n == 0) return content;
    content.append(buffer, static_cast<size_t>(n));
    if (content.size() > kMaxBytes) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": must be at most ", kMaxBytes, " bytes"));
    }
  }
}

}  // namespace

absl::StatusOr<bool> WatchedFile::Poll() {
  if (IsUnchanged()) return false;
  absl::StatusOr<std::string> content = Read();
  if (!content.ok()) {
    stamp_.reset();
    if (content.status() == last_error_) return false;
    last_error_ = content.status();
    return last_error_;
  }
  last_error_ = absl::OkStatus();
  if (has_content_ && *content == content_) return false;
  has_content_ = true;
  content_ = *std::move(content);
  return true;
}

WatchedFile::Stamp WatchedFile::StampOf(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size, absl::TimeFromTimespec(info.st_mtim),
          absl::TimeFromTimespec(info.st_ctim)};
}

bool WatchedFile::IsUnchanged() const {
  struct stat info = {};
  return stamp_ && stat(options_.path.c_str(), &info) == 0 && StampOf(info) == *stamp_;
}

absl::StatusOr<std::string> WatchedFile::Read() {
  const UniqueFd fd(open(options_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) return Failed(options_.path, "cannot be read");
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) return Failed(options_.path, "cannot be examined");
  if (absl::Status status = CheckFile(info); !status.ok()) return status;
  absl::StatusOr<std::string> content = ReadAll(fd.get(), options_.path);
  const Stamp stamp = StampOf(info);
  const absl::Duration age = clock_.Now() - std::max(stamp.modified, stamp.changed);
  stamp_ = age > kRacyTime ? std::optional(stamp) : std::nullopt;
  return content;
}

absl::Status WatchedFile::CheckFile(const struct stat& info) const {
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(options_.path, ": is no regular file"));
  }
  const mode_t wrong = info.st_mode & options_.forbidden_mode;
  if (wrong == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s: others could %s it; its mode is %04o: chmod %04o %s", options_.path,
                      (wrong & (S_IWGRP | S_IWOTH)) != 0 ? "change" : "read", info.st_mode & 07777,
                      info.st_mode & 07777 & ~options_.forbidden_mode, options_.path));
}

}  // namespace sluice
