// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the contract suites of all ports share: how the outside system behaves in a test, and the
// promises that every blocking call keeps.

#ifndef SLUICE_TESTS_CONTRACT_PORT_CONTRACT_H_
#define SLUICE_TESTS_CONTRACT_PORT_CONTRACT_H_

#include <gtest/gtest.h>

#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "base/text.h"
#include "ports/deployer.h"

namespace sluice {

enum class Behaviour {
  kSucceed,  // with kAnswer as output
  kFail,     // with kComplaint as output
  kHang,
  kFloodAndFail,  // much output, not all of it UTF-8
};

inline constexpr char kAnswer[] = "all is well";
inline constexpr char kComplaint[] = "the disk is full";
inline constexpr size_t kFloodBytes = 300'000;
inline constexpr absl::Duration kShort = absl::Milliseconds(300);
inline constexpr absl::Duration kLong = absl::Seconds(60);
// The port promises half a second; a loaded machine under a sanitizer gets more.
inline constexpr absl::Duration kAtOnce = absl::Seconds(2);

// A program that behaves so.
inline std::string ShellScript(Behaviour behaviour) {
  switch (behaviour) {
    case Behaviour::kSucceed:
      return std::string("echo ") + kAnswer;
    case Behaviour::kFail:
      return std::string("echo ") + kComplaint + "; exit 1";
    case Behaviour::kHang:
      return "trap '' TERM; while :; do sleep 60; done";
    case Behaviour::kFloodAndFail:
      return "head -c 300000 /dev/zero | tr '\\0' '\\377'; exit 1";
  }
  return "";
}

inline TargetCall CallTo(const std::string& address) {
  TargetCall call;
  call.service = "shop";
  call.version = "1.2.3";
  call.target_id = "host-1";
  call.target_address = address;
  call.deployment_id = "d-1";
  return call;
}

inline bool IsBoundedUtf8(const std::string& text) {
  return text == ToValidUtf8(text) && text.size() <= 2 * HeadAndTail::kDefaultBytes + 100;
}

using BlockingCall = std::function<absl::Status(std::stop_token)>;

inline void ExpectCancelsAtOnce(const BlockingCall& call) {
  std::stop_source source;
  absl::Time stopped;
  std::jthread canceller([&] {
    absl::SleepFor(absl::Milliseconds(200));
    stopped = absl::Now();
    source.request_stop();
  });
  const absl::Status status = call(source.get_token());
  const absl::Time returned = absl::Now();
  canceller.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_LT(returned - stopped, kAtOnce);
}

inline void ExpectCancelledBeforeTheStart(const BlockingCall& call) {
  std::stop_source source;
  source.request_stop();
  const absl::Time start = absl::Now();
  const absl::Status status = call(source.get_token());
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_LT(absl::Now() - start, kAtOnce);
}

inline void ExpectServesTenAtOnce(const BlockingCall& call) {
  std::vector<absl::Status> results(10);
  std::vector<std::jthread> threads;
  for (absl::Status& result : results) {
    threads.emplace_back([&] { result = call(std::stop_token()); });
  }
  threads.clear();
  for (const absl::Status& result : results) EXPECT_TRUE(result.ok()) << result;
}

}  // namespace sluice

#endif  // SLUICE_TESTS_CONTRACT_PORT_CONTRACT_H_
