// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A command line beside a daemon that the test fills by hand, with a console that keeps what is
// written. Shared by the tests of the verbs; for the test's thread.

#ifndef SLUICE_TESTS_CLIENT_VERBS_FIXTURE_H_
#define SLUICE_TESTS_CLIENT_VERBS_FIXTURE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/thread.h"
#include "client/fake_daemon.h"
#include "client/program.h"
#include "client/states.h"
#include "gtest/gtest.h"

namespace sluice::client {

// Of RollingState().
inline constexpr char kId[] = "3f2a9c1d00000000";

class VerbsTest : public ::testing::Test {
 protected:
  // Runs `sluice WORDS` against the fake daemon.
  int Sluice(const std::string& words) {
    const std::string all = absl::StrCat("sluice --address ", daemon_.address(), " ", words);
    const std::vector<std::string> arguments = absl::StrSplit(all, ' ');
    return Run(arguments);
  }

  int Run(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    console_.output.clear();
    console_.errors.clear();
    return static_cast<int>(RunProgram(static_cast<int>(argv.size()), argv.data(), console_));
  }

  // Runs `body` beside a verb.
  Thread Meanwhile(std::function<void()> body) {
    auto thread = Thread::Start("meanwhile", std::move(body), 1024 * 1024);
    return *std::move(thread);
  }

  static v1::DeploymentState Ended(v1::Status status, v1::Phase phase) {
    v1::DeploymentState state = RollingState(2, 1);
    state.set_status(status);
    state.set_phase(phase);
    return state;
  }

  FakeDaemon daemon_;
  FakeConsole console_;
};

}  // namespace sluice::client

#endif  // SLUICE_TESTS_CLIENT_VERBS_FIXTURE_H_
