// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/unique_fd.h"
#include "gtest/gtest.h"
#include "spdlog/async.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

// Standard error as a pipe that nobody reads, full to the last byte, for as long as it lives.
class FullStandardError {
 public:
  FullStandardError() : saved_(dup(STDERR_FILENO)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    reader_ = UniqueFd(ends[0]);
    const UniqueFd writer(ends[1]);
    fcntl(writer.get(), F_SETFL, O_NONBLOCK);
    while (write(writer.get(), "#", 1) == 1) {
    }
    fcntl(writer.get(), F_SETFL, 0);
    dup2(writer.get(), STDERR_FILENO);
  }
  ~FullStandardError() { dup2(saved_.get(), STDERR_FILENO); }

  // What is in the pipe.
  std::string Read() {
    fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 4096> piece{};
    for (ssize_t size = 0; (size = read(reader_.get(), piece.data(), piece.size())) > 0;) {
      all.append(piece.data(), static_cast<size_t>(size));
    }
    return all;
  }

 private:
  UniqueFd saved_;
  UniqueFd reader_;
};

TEST(Log, IsFlushedWhenTheLastLineIsWrittenNotWhenItsWriterHasTakenIt) {
  const auto before = spdlog::default_logger();
  FullStandardError error;
  StartLog("info");
  spdlog::info("event=last");
  while (spdlog::thread_pool()->queue_size() > 0) {
  }
  EXPECT_FALSE(FlushLog());
  std::string log = error.Read();
  EXPECT_TRUE(FlushLog());
  log += error.Read();
  EXPECT_NE(log.find("event=last\n"), std::string::npos);
  spdlog::set_default_logger(before);
}

}  // namespace
}  // namespace sluice
