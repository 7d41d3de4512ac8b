// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A file descriptor that is closed when it goes out of scope. Not thread-safe.

#ifndef SLUICE_BASE_UNIQUE_FD_H_
#define SLUICE_BASE_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace sluice {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { Close(); }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // The caller closes it.
  int Release() { return std::exchange(fd_, -1); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace sluice

#endif  // SLUICE_BASE_UNIQUE_FD_H_
