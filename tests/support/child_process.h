// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A copy of the test process that runs a function and reports to the test through a pipe. It is
// killed when it goes out of scope. For tests without threads of their own.

#ifndef SLUICE_TESTS_SUPPORT_CHILD_PROCESS_H_
#define SLUICE_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/unique_fd.h"

namespace sluice {

class ChildProcess {
 public:
  // Writes one line at once, so that the test has it even when the child dies right after.
  using Report = std::function<void(const std::string& line)>;

  explicit ChildProcess(const std::function<void(const Report&)>& body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    reports_ = UniqueFd(ends[0]);
    UniqueFd writer(ends[1]);
    pid_ = fork();
    if (pid_ != 0) return;
    body([fd = writer.get()](const std::string& text) {
      const std::string line = text + "\n";
      if (write(fd, line.data(), line.size()) < 0) _exit(2);
    });
    // Without destructors: the objects belong to the parent.
    _exit(0);
  }
  ~ChildProcess() { Kill(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // The next line; empty when the child has ended and said all.
  std::string NextLine() {
    std::string line;
    char byte;
    while (read(reports_.get(), &byte, 1) == 1) {
      if (byte == '\n') return line;
      line += byte;
    }
    return "";
  }

  // What it reported can still be read.
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  UniqueFd reports_;
  pid_t pid_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_CHILD_PROCESS_H_
