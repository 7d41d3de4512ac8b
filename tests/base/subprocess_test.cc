// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/subprocess.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace sluice {
namespace {

CommandOptions Shell(const std::string& script) {
  CommandOptions options;
  options.argv = {"/bin/sh", "-c", script};
  options.timeout = absl::Seconds(30);
  return options;
}

CommandResult RunToEnd(const CommandOptions& options) {
  return RunCommand(options, std::stop_token());
}

// Gone, or a zombie that its new parent has not reaped yet.
bool IsGone(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string stat;
  return !std::getline(file, stat) || absl::StrContains(stat, ") Z ");
}

// The process id that the output's first line is.
pid_t FirstLineAsPid(const std::string& output) {
  int pid = 0;
  EXPECT_TRUE(absl::SimpleAtoi(output.substr(0, output.find('\n')), &pid)) << output;
  return pid;
}

// Lets this process have no more descriptors than it has, while it lives.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit none{.rlim_cur = static_cast<rlim_t>(next.get()), .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

TEST(SubprocessTest, WaitsForDescriptorsThatOthersWillGiveBack) {
  auto none = std::make_unique<NoDescriptorsLeft>();
  std::jthread giving_back([&] {
    absl::SleepFor(absl::Milliseconds(200));
    none = nullptr;
  });
  const CommandResult result = RunToEnd(Shell("echo done"));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.output, "done\n");
}

TEST(SubprocessTest, SaysInTheEndThatThereAreNoDescriptors) {
  const NoDescriptorsLeft none;
  EXPECT_TRUE(absl::StrContains(RunToEnd(Shell("true")).status.message(), "Too many open files"));
}

TEST(SubprocessTest, ACancelledCommandDoesNotWaitForDescriptors) {
  const NoDescriptorsLeft none;
  std::stop_source stop;
  std::jthread cancelling([&] {
    absl::SleepFor(absl::Milliseconds(100));
    stop.request_stop();
  });
  const CommandResult result = RunCommand(Shell("true"), stop.get_token());
  EXPECT_TRUE(absl::IsCancelled(result.status)) << result.status;
}

TEST(SubprocessTest, ReturnsBothOutputsInTheirOrder) {
  const CommandResult result = RunToEnd(Shell("echo one; echo two >&2; echo three"));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
}

TEST(SubprocessTest, KeepsStandardOutputApartWhenAskedTo) {
  CommandOptions options = Shell("echo warning >&2; echo 1.2.3");
  options.capture_standard_output = true;
  const CommandResult result = RunToEnd(options);
  EXPECT_EQ(result.standard_output, "1.2.3\n");
  EXPECT_TRUE(absl::StrContains(result.output, "warning")) << result.output;
}

TEST(SubprocessTest, NamesTheExitCode) {
  const CommandResult result = RunToEnd(Shell("echo broken; exit 3"));
  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(result.status.message(), "\"/bin/sh\" ended with exit code 3");
  EXPECT_EQ(result.output, "broken\n");
}

TEST(SubprocessTest, NamesTheSignal) {
  const CommandResult result = RunToEnd(Shell("kill -SEGV $$"));
  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(absl::StrContains(result.status.message(), "signal 11 (Segmentation fault)"))
      << result.status;
}

TEST(SubprocessTest, PassesArgumentsAsTheyAre) {
  const std::vector<std::string> arguments = {"; rm -rf /", "$(id)", "`id`", "two\nlines", "-n",
                                              "",           "a b",   "*",    "\"'"};
  CommandOptions options;
  options.argv = {"/usr/bin/printf", "[%s]"};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  std::string expected;
  for (const std::string& argument : arguments) expected += "[" + argument + "]";
  EXPECT_EQ(RunToEnd(options).output, expected);
}

TEST(SubprocessTest, GivesOnlyTheEnvironmentThatWasAskedFor) {
  setenv("SLUICE_TEST_SECRET", "secret", 1);
  CommandOptions options;
  options.argv = {"env"};
  options.environment = {{"GREETING", "hello\nworld"}};
  const CommandResult result = RunToEnd(options);
  unsetenv("SLUICE_TEST_SECRET");
  std::vector<std::string> names;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(result.output, '\n'))) {
    if (absl::StrContains(line, "=")) names.push_back(line.substr(0, line.find('=')));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"GREETING", "PATH", "SLUICE_CALL_ID"}));
  EXPECT_TRUE(absl::StrContains(result.output, "GREETING=hello\nworld\n"));
}

TEST(SubprocessTest, GivesNoOtherFileDescriptors) {
  const UniqueFd inheritable(open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  ASSERT_TRUE(inheritable.ok());
  const std::string script =
      "i=0; while [ $i -lt 200 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done; true";
  EXPECT_EQ(RunToEnd(Shell(script)).output, "0\n1\n2\n");
}

TEST(SubprocessTest, GivesAnEmptyStandardInput) {
  EXPECT_EQ(RunToEnd(Shell("cat; echo end")).output, "end\n");
}

TEST(SubprocessTest, StartsWithoutBlockedOrIgnoredSignals) {
  const auto previous = signal(SIGPIPE, SIG_IGN);
  const CommandResult result = RunToEnd(Shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  signal(SIGPIPE, previous);
  // glibc itself ignores its two internal signals, 32 and 33.
  EXPECT_EQ(result.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n");
}

TEST(SubprocessTest, RunsInItsWorkingDirectory) {
  CommandOptions options = Shell("pwd");
  options.working_directory = "/usr";
  EXPECT_EQ(RunToEnd(options).output, "/usr\n");
}

TEST(SubprocessTest, NamesAMissingWorkingDirectory) {
  CommandOptions options = Shell("pwd");
  options.working_directory = "/no/such/folder";
  const CommandResult result = RunToEnd(options);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(result.status.message(), "/no/such/folder")) << result.status;
}

TEST(SubprocessTest, SaysWhyAProgramCannotBeStarted) {
  CommandOptions options;
  options.argv = {"/no/such/program"};
  absl::Status status = RunToEnd(options).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(status.message(), "No such file or directory")) << status;

  options.argv = {"/etc/passwd"};
  status = RunToEnd(options).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(absl::StrContains(status.message(), "Permission denied")) << status;

  options.argv = {"sluice-no-such-program"};
  status = RunToEnd(options).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(status.message(), "in PATH")) << status;
}

TEST(SubprocessTest, RefusesNulAndAnEmptyCommand) {
  CommandOptions options = Shell("true");
  options.argv.push_back(std::string("a\0b", 3));
  EXPECT_EQ(RunToEnd(options).status.code(), absl::StatusCode::kInvalidArgument);
  options = Shell("true");
  options.environment["NAME"] = std::string("a\0b", 3);
  EXPECT_EQ(RunToEnd(options).status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RunToEnd(CommandOptions()).status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(SubprocessTest, KeepsHeadAndTailOfALongOutput) {
  const CommandResult result =
      RunToEnd(Shell("echo begin; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo end"));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_LE(result.output.size(), 2 * HeadAndTail::kDefaultBytes + 100);
  EXPECT_TRUE(absl::StartsWith(result.output, "begin\nxxx"));
  EXPECT_TRUE(absl::EndsWith(result.output, "xxx\nend\n"));
  EXPECT_TRUE(absl::StrContains(result.output, "bytes left out"));
}

TEST(SubprocessTest, MakesBinaryOutputValidUtf8) {
  const CommandResult result = RunToEnd(Shell("printf 'a\\377\\000\\303\\251z'"));
  EXPECT_EQ(result.output, "a??\xC3\xA9z");
}

TEST(SubprocessTest, TerminatesAtTheTimeout) {
  CommandOptions options =
      Shell("trap 'echo asked to stop; exit 0' TERM; echo up; sleep 60 & wait");
  options.timeout = absl::Milliseconds(300);
  const CommandResult result = RunToEnd(options);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(absl::StartsWith(result.output, "up\nasked to stop\n")) << result.output;
}

TEST(SubprocessTest, KillsWhatIgnoresSigterm) {
  CommandOptions options = Shell("trap '' TERM; echo $$; while :; do sleep 60; done");
  options.timeout = absl::Milliseconds(200);
  options.kill_grace = absl::Milliseconds(200);
  const CommandResult result = RunToEnd(options);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(absl::StrContains(result.status.message(), "was killed")) << result.status;
  EXPECT_TRUE(IsGone(FirstLineAsPid(result.output)));
}

TEST(SubprocessTest, TimesOutACommandThatNeverStopsPrinting) {
  CommandOptions options = Shell("exec yes");
  options.timeout = absl::Milliseconds(200);
  EXPECT_EQ(RunToEnd(options).status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(SubprocessTest, CancelsAtOnce) {
  for (const char* script : {"sleep 60", "trap '' TERM; while :; do sleep 60; done", "exec yes"}) {
    std::stop_source source;
    std::jthread canceller([&] {
      absl::SleepFor(absl::Milliseconds(200));
      source.request_stop();
    });
    const absl::Time start = absl::Now();
    const CommandResult result = RunCommand(Shell(script), source.get_token());
    EXPECT_EQ(result.status.code(), absl::StatusCode::kCancelled) << script;
    EXPECT_LT(absl::Now() - start, absl::Seconds(5)) << script;
  }
}

TEST(SubprocessTest, StartsNothingWhenStoppedBefore) {
  std::stop_source source;
  source.request_stop();
  const CommandResult result = RunCommand(Shell("echo ran"), source.get_token());
  EXPECT_EQ(result.status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(result.output, "");
}

TEST(SubprocessTest, KillsAGrandchildThatLeftTheSessionAndHoldsTheOutput) {
  const absl::Time start = absl::Now();
  const CommandResult result =
      RunToEnd(Shell("setsid sh -c 'echo $$; while :; do sleep 60; done' & sleep 0.3"));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_TRUE(absl::StrContains(result.output, "outlived the command")) << result.output;
  EXPECT_TRUE(IsGone(FirstLineAsPid(result.output)));
}

TEST(SubprocessTest, KillsEveryGenerationOfSurvivors) {
  const CommandResult result = RunToEnd(
      Shell("for i in 1 2 3; do setsid sh -c 'setsid sh -c \"setsid sleep 60\" & sleep 60' & done;"
            "sleep 0.3"));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(absl::StrContains(result.output, "processes outlived the command and were killed"))
      << result.output;
}

TEST(SubprocessTest, LeavesSurvivorsWhenAskedTo) {
  CommandOptions options = Shell("setsid sleep 60 >/dev/null 2>&1 & echo $!");
  options.leave_survivors = true;
  const CommandResult result = RunToEnd(options);
  const pid_t pid = FirstLineAsPid(result.output);
  EXPECT_FALSE(IsGone(pid));
  kill(pid, SIGKILL);
}

TEST(SubprocessTest, LeavesNoFileDescriptorsAndNoZombies) {
  const auto count = [] {
    int open_descriptors = 0;
    DIR* directory = opendir("/proc/self/fd");
    while (readdir(directory) != nullptr) ++open_descriptors;
    closedir(directory);
    return open_descriptors;
  };
  const int before = count();
  for (int i = 0; i < 10; ++i) RunToEnd(Shell("true"));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(SubprocessTest, RunsManyAtOnce) {
  std::vector<std::jthread> threads;
  std::vector<std::string> outputs(10);
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&outputs, i] {
      outputs[i] = RunToEnd(Shell(absl::StrCat("sleep 0.05; echo ", i))).output;
    });
  }
  threads.clear();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(outputs[i], absl::StrCat(i, "\n"));
}

}  // namespace
}  // namespace sluice
