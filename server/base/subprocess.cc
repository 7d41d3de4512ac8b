// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/subprocess.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/clock.h"
#include "base/spawn.h"
#include "base/status_macros.h"
#include "base/survivors.h"
#include "base/text.h"
#include "base/violations.h"

namespace sluice {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// How long output is still read after the command has ended: what it wrote is in the pipe already.
constexpr absl::Duration kDrain = absl::Milliseconds(100);
// A cancelled call must return within half a second.
constexpr absl::Duration kCancelGrace = absl::Milliseconds(200);
constexpr absl::Duration kCancelKillWait = absl::Milliseconds(200);
// After SIGKILL only a process inside the kernel (a hung disk) does not end.
constexpr absl::Duration kKillWait = absl::Seconds(2);
constexpr absl::Duration kSurvivorLimit = absl::Seconds(1);
// Processes and descriptors that are lacking are there again when other commands have ended.
constexpr absl::Duration kShortageLimit = absl::Seconds(2);
constexpr absl::Duration kShortageWait = absl::Milliseconds(50);

std::string SearchPath(const std::map<std::string, std::string>& environment) {
  const auto own = environment.find("PATH");
  if (own != environment.end()) return own->second;
  const char* inherited = std::getenv("PATH");
  return inherited != nullptr ? inherited : kDefaultPath;
}

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

absl::Status CheckOptions(const CommandOptions& options) {
  if (options.argv.empty() || options.argv[0].empty()) {
    return absl::InvalidArgumentError("a command needs a program");
  }
  bool has_nul = HasNul(options.working_directory);
  for (const std::string& argument : options.argv) has_nul |= HasNul(argument);
  for (const auto& [name, value] : options.environment) has_nul |= HasNul(name) || HasNul(value);
  if (has_nul) {
    return absl::InvalidArgumentError("a command's arguments and environment cannot hold NUL");
  }
  return absl::OkStatus();
}

int PollTimeout(absl::Duration left) {
  if (left == absl::InfiniteDuration()) return -1;
  const int64_t milliseconds = absl::ToInt64Milliseconds(left + absl::Microseconds(999));
  return static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 1'000'000'000));
}

// EAGAIN, EMFILE and the like.
bool IsShortage(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

// One command, from its start to its end, in the calling thread.
class CommandRun {
 public:
  CommandRun(const CommandOptions& options, const std::stop_token& stop)
      : options_(options), stop_(stop), cookie_(NewCookie()) {}

  CommandResult Run() {
    const absl::Status started = StartWhenPossible();
    if (!started.ok()) return {started, "", ""};
    const std::stop_callback wake_on_stop(stop_, [this] { eventfd_write(wake_.get(), 1); });
    WaitForExit();
    DrainOutput();
    CleanUp();
    return {Outcome(), output_.Text(), standard_output_.Bytes()};
  }

 private:
  enum class Stage { kRunning, kTerminated, kKilled, kAbandoned };

  absl::Status StartWhenPossible() {
    const absl::Duration begin = clock_.Monotonic();
    deadline_ = begin + options_.timeout;
    const absl::Duration enough = begin + std::min(options_.timeout, kShortageLimit);
    absl::Status started = Start();
    while (IsShortage(started) && clock_.Monotonic() < enough) {
      SleepFor(clock_, kShortageWait, stop_);
      started = Start();
    }
    return started;
  }

  absl::Status Start() {
    SLUICE_RETURN_IF_ERROR(CheckOptions(options_));
    if (stop_.stop_requested()) return absl::CancelledError("cancelled before it was started");
    wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_.ok()) return absl::ErrnoToStatus(errno, "cannot watch the command");
    SpawnOptions spawn;
    spawn.argv = options_.argv;
    spawn.environment = options_.environment;
    spawn.environment.emplace("PATH", SearchPath(options_.environment));
    // Its survivors would take it for the command that is still running.
    if (!options_.leave_survivors) spawn.environment[kCookieVariable] = cookie_;
    spawn.working_directory = options_.working_directory;
    spawn.separate_standard_error = options_.capture_standard_output;
    SLUICE_ASSIGN_OR_RETURN(spawn.program, FindProgram(options_.argv[0], options_.environment));
    SLUICE_ASSIGN_OR_RETURN(process_, Spawn(spawn));
    return absl::OkStatus();
  }

  void WaitForExit() {
    while (stage_ != Stage::kAbandoned && !PollOnce(deadline_)) {
      const absl::Duration now = clock_.Monotonic();
      if (stop_.stop_requested() && !cancelled_) {
        Cancel(now);
      } else if (now >= deadline_) {
        Escalate(now);
      }
    }
  }

  // Waits for output, the end, a stop, or `deadline`. Returns whether the command has ended.
  bool PollOnce(absl::Duration deadline) {
    std::array<pollfd, 4> ready = {{{process_.handle.get(), POLLIN, 0},
                                    {cancelled_ ? -1 : wake_.get(), POLLIN, 0},
                                    {process_.standard_output.get(), POLLIN, 0},
                                    {process_.standard_error.get(), POLLIN, 0}}};
    poll(ready.data(), ready.size(), PollTimeout(deadline - clock_.Monotonic()));
    if (ready[2].revents != 0) Read(process_.standard_output, /*is_standard_output=*/true);
    if (ready[3].revents != 0) Read(process_.standard_error, /*is_standard_output=*/false);
    return ready[0].revents != 0;
  }

  // One piece at a time, so that a command that never stops printing cannot hold up its timeout.
  void Read(UniqueFd& pipe, bool is_standard_output) {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = read(pipe.get(), buffer.data(), buffer.size());
    if (got > 0) {
      const absl::string_view piece(buffer.data(), static_cast<size_t>(got));
      output_.Append(piece);
      if (is_standard_output && options_.capture_standard_output) standard_output_.Append(piece);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      pipe.Close();
    }
  }

  void Cancel(absl::Duration now) {
    cancelled_ = true;
    if (stage_ == Stage::kRunning) {
      Signal(SIGTERM, Stage::kTerminated, now + kCancelGrace);
    } else {
      deadline_ = std::min(deadline_, now + kCancelGrace);
    }
  }

  void Escalate(absl::Duration now) {
    if (stage_ == Stage::kRunning) {
      timed_out_ = true;
      Signal(SIGTERM, Stage::kTerminated, now + options_.kill_grace);
    } else if (stage_ == Stage::kTerminated) {
      Signal(SIGKILL, Stage::kKilled, now + (cancelled_ ? kCancelKillWait : kKillWait));
    } else {
      stage_ = Stage::kAbandoned;
    }
  }

  void Signal(int signal, Stage next, absl::Duration deadline) {
    kill(-process_.pid, signal);
    stage_ = next;
    deadline_ = deadline;
  }

  // What the command left behind may hold the pipes open for ever: so never until end of file.
  void DrainOutput() {
    const absl::Duration deadline =
        clock_.Monotonic() + (cancelled_ ? absl::ZeroDuration() : kDrain);
    process_.handle = UniqueFd();  // Ready all the time now.
    while (process_.standard_output.ok() || process_.standard_error.ok()) {
      PollOnce(deadline);
      if (clock_.Monotonic() >= deadline || stop_.stop_requested()) return;
    }
  }

  // Before the command is reaped: until then its process id, and so its group's, is not reused.
  void CleanUp() {
    const bool ended_by_itself = stage_ == Stage::kRunning;
    if (!(options_.leave_survivors && ended_by_itself)) kill(-process_.pid, SIGKILL);
    if (!options_.leave_survivors) {
      const auto survivors = KillProcessesWith(cookie_, kSurvivorLimit);
      if (!survivors.empty()) {
        output_.Append(absl::StrCat("\n[", DescribeSurvivors(survivors), "]\n"));
      }
    }
    siginfo_t info{};
    const int abandoned = stage_ == Stage::kAbandoned ? WNOHANG : 0;
    waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED | abandoned);
    exit_code_ = info.si_code == CLD_EXITED ? info.si_status : 0;
    exit_signal_ = info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED ? info.si_status : 0;
  }

  absl::Status Outcome() const {
    const std::string program = Quoted(options_.argv[0]);
    const std::string forced = exit_signal_ == SIGKILL       ? " and was killed"
                               : stage_ == Stage::kAbandoned ? " and survives SIGKILL"
                                                             : "";
    if (cancelled_) return absl::CancelledError(absl::StrCat(program, " was cancelled", forced));
    if (timed_out_) {
      return absl::DeadlineExceededError(absl::StrCat(
          program, " did not end within ", absl::FormatDuration(options_.timeout), forced));
    }
    if (exit_signal_ != 0) {
      return absl::UnknownError(absl::StrCat(program, " was ended by signal ", exit_signal_, " (",
                                             sigdescr_np(exit_signal_), ")"));
    }
    if (exit_code_ != 0) {
      return absl::UnknownError(absl::StrCat(program, " ended with exit code ", exit_code_));
    }
    return absl::OkStatus();
  }

  const CommandOptions& options_;
  const std::stop_token stop_;
  const std::string cookie_;
  RealClock clock_;
  UniqueFd wake_;
  SpawnedProcess process_;
  Stage stage_ = Stage::kRunning;
  absl::Duration deadline_;  // of the present stage
  bool cancelled_ = false;
  bool timed_out_ = false;
  int exit_code_ = 0;
  int exit_signal_ = 0;
  HeadAndTail output_;
  HeadAndTail standard_output_;
};

}  // namespace

CommandResult RunCommand(const CommandOptions& options, const std::stop_token& stop) {
  return CommandRun(options, stop).Run();
}

absl::StatusOr<std::string> FindProgram(const std::string& program,
                                        const std::map<std::string, std::string>& environment) {
  if (program.find('/') != std::string::npos) return program;
  const std::string path = SearchPath(environment);
  for (absl::string_view folder : absl::StrSplit(path, ':', absl::SkipEmpty())) {
    const std::string candidate = absl::StrCat(folder, "/", program);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return absl::NotFoundError(absl::StrCat("no program ", Quoted(program), " in PATH (", path, ")"));
}

}  // namespace sluice
