// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"

namespace sluice::client {
namespace {

absl::Status Failed(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be written"));
}

bool WriteAll(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) written += static_cast<size_t>(n);
  }
  return fsync(fd) == 0;
}

bool EndsWithinALine(int fd) {
  const off_t size = lseek(fd, 0, SEEK_END);
  char last = '\n';
  return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, const std::string& content, mode_t mode) {
  const std::string temporary = absl::StrCat(path, ".new");
  unlink(temporary.c_str());
  const UniqueFd fd(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.ok()) return Failed(temporary);
  if (!WriteAll(fd.get(), content) || rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status status = Failed(path);
    unlink(temporary.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::Status AppendLine(const std::string& path, const std::string& line) {
  const UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.ok()) return Failed(path);
  const std::string text = absl::StrCat(EndsWithinALine(fd.get()) ? "\n" : "", line, "\n");
  return WriteAll(fd.get(), text) ? absl::OkStatus() : Failed(path);
}

}  // namespace sluice::client
