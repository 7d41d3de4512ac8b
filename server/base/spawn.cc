// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {  // glibc 2.36 forgets it.
#include <sys/pidfd.h>
}

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  fcntl(made.read.get(), F_SETFL, O_NONBLOCK);
  return made;
}

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  // Nothing here touches a file yet: the only failure is a lack of memory, which aborts anyway.
  void Fill(const SpawnOptions& options, int output, int error) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, error, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (!options.working_directory.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, options.working_directory.c_str());
    }
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// Own session; no signal blocked or ignored, whatever this thread does.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// The strings must outlive the result.
std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Assignments(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> assignments;
  for (const auto& [name, value] : environment) {
    assignments.push_back(absl::StrCat(name, "=", value));
  }
  return assignments;
}

// posix_spawn does not say which of its steps failed.
absl::Status SpawnError(const SpawnOptions& options, int error) {
  struct stat info;
  const std::string& directory = options.working_directory;
  if (!directory.empty() && (stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))) {
    return absl::ErrnoToStatus(error,
                               absl::StrCat("cannot run in working_directory ", Quoted(directory)));
  }
  const bool no_interpreter = error == ENOENT && stat(options.program.c_str(), &info) == 0;
  return absl::ErrnoToStatus(error,
                             absl::StrCat("cannot run ", Quoted(options.program),
                                          no_interpreter ? ": its interpreter is missing" : ""));
}

absl::StatusOr<pid_t> SpawnWithOutputs(const SpawnOptions& options, int output, int error) {
  FileActions actions;
  actions.Fill(options, output, error);
  const Attributes attributes;
  const std::vector<std::string> assignments = Assignments(options.environment);
  pid_t pid = 0;
  const int failure = posix_spawn(&pid, options.program.c_str(), actions.get(), attributes.get(),
                                  Pointers(options.argv).data(), Pointers(assignments).data());
  if (failure != 0) return SpawnError(options, failure);
  return pid;
}

}  // namespace

absl::StatusOr<SpawnedProcess> Spawn(const SpawnOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  Pipe error;
  if (options.separate_standard_error) {
    SLUICE_ASSIGN_OR_RETURN(error, MakePipe());
  }
  const int error_end = error.write.ok() ? error.write.get() : output.write.get();
  SpawnedProcess process;
  SLUICE_ASSIGN_OR_RETURN(process.pid, SpawnWithOutputs(options, output.write.get(), error_end));
  process.handle = UniqueFd(pidfd_open(process.pid, 0));
  if (!process.handle.ok()) {
    const absl::Status status = absl::ErrnoToStatus(errno, "cannot watch the command");
    kill(-process.pid, SIGKILL);
    waitpid(process.pid, nullptr, 0);
    return status;
  }
  process.standard_output = std::move(output.read);
  process.standard_error = std::move(error.read);
  return process;
}

}  // namespace sluice
