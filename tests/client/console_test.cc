// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The console of the program on a pipe that nobody reads.

#include "client/console.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/thread.h"
#include "base/unique_fd.h"
#include "client/signals.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

// More than any pipe holds unasked.
const std::string& MuchText() {
  static const std::string text(1 << 20, 'x');
  return text;
}

// Standard output is a pipe while this lives.
class PipedOutput {
 public:
  PipedOutput() : saved_(dup(STDOUT_FILENO)) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = UniqueFd(ends[0]);
    const UniqueFd write_end(ends[1]);
    dup2(write_end.get(), STDOUT_FILENO);
  }
  ~PipedOutput() { Restore(); }
  PipedOutput(const PipedOutput&) = delete;
  PipedOutput& operator=(const PipedOutput&) = delete;

  // What a test prints goes there, too.
  void Restore() const { dup2(saved_.get(), STDOUT_FILENO); }

  size_t ReadUpTo(size_t bytes) const {
    std::string text(bytes, '\0');
    size_t got = 0;
    while (got < bytes) {
      const ssize_t n = read(read_end_.get(), text.data(), bytes - got);
      if (n <= 0) break;
      got += static_cast<size_t>(n);
    }
    return got;
  }

 private:
  const UniqueFd saved_;
  UniqueFd read_end_;
};

Thread SignalSoon(int signal_number) {
  auto thread = Thread::Start(
      "signal",
      [signal_number] {
        absl::SleepFor(absl::Milliseconds(50));
        kill(getpid(), signal_number);
      },
      1024 * 1024);
  return *std::move(thread);
}

TEST(ConsoleTest, AWatchThatNobodyReadsEndsByASignal) {
  for (int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    const PipedOutput output;
    StandardConsole console;
    SignalWatch signals;
    const Thread soon = SignalSoon(signal_number);
    console.Write(MuchText());
    output.Restore();
    EXPECT_EQ(signals.Take(), signal_number);
    EXPECT_FALSE(console.closed());
    EXPECT_EQ(console.write_error(), 0);
  }
}

TEST(ConsoleTest, AfterTheSignalNobodyIsWaitedFor) {
  const PipedOutput output;
  StandardConsole console;
  {
    SignalWatch signals;
    const Thread soon = SignalSoon(SIGTERM);
    console.Write(MuchText());
  }
  StandardConsole another;
  another.Write(MuchText());
  console.Write(MuchText());
}

TEST(ConsoleTest, WhatIsReadIsWrittenInWholeThoughASignalCame) {
  const PipedOutput output;
  StandardConsole console;
  SignalWatch signals;
  kill(getpid(), SIGTERM);
  console.Write("the terminal is given back");
  output.Restore();
  EXPECT_EQ(output.ReadUpTo(26), 26u);
}

// A child, for what stops is the whole process.
TEST(ConsoleTest, AStoppedWatchThatNobodyReadsLosesNothing) {
  const PipedOutput output;
  const pid_t child = fork();
  if (child == 0) {
    StandardConsole console;
    SignalWatch signals;
    console.Write(MuchText());
    _exit(signals.Take().has_value() ? 1 : 0);
  }
  output.Restore();
  EXPECT_EQ(output.ReadUpTo(1), 1u);
  kill(child, SIGTSTP);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  kill(child, SIGCONT);
  EXPECT_EQ(output.ReadUpTo(MuchText().size()), MuchText().size() - 1);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace sluice::client
