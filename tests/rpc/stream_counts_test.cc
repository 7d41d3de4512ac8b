// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/stream_counts.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/server_posix.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(ParseSocketTest, CountsWhatHasNotEnded) {
  const auto held =
      ParseSocket(R"({"socket":{"data":{"lastRemoteStreamCreatedTimestamp":"2026-11-25T20:33:54Z",)"
                  R"("streamsFailed":"100","streamsStarted":"1578","streamsSucceeded":"8"},)"
                  R"("local":{"uds_address":{"filename":"/run/s.sock"}},)"
                  R"("ref":{"name":"chttp2 fd:15","socketId":"3"},)"
                  R"("remote":{"other_address":{"name":"fd:15"}}}})");
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->peer, "fd:15");
  EXPECT_EQ(held->count, 1470);
}

TEST(ParseSocketTest, WhatIsNotThereIsZero) {
  const auto held =
      ParseSocket(R"({"socket":{"ref":{"name":"chttp2 ipv4:127.0.0.1:60962","socketId":"2"}}})");
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->peer, "ipv4:127.0.0.1:60962");
  EXPECT_EQ(held->count, 0);
}

TEST(ParseSocketTest, OtherThingsAreNoConnections) {
  for (const char* json : {"", "{}", R"({"socket":{"ref":{"name":"listener","socketId":"2"}}})",
                           R"({"socket":{"ref":{"name":"chttp)", R"("name":")"}) {
    EXPECT_FALSE(ParseSocket(json).has_value()) << json;
  }
}

std::string Frame(char kind, char flags, char stream, const std::string& payload) {
  return std::string({0, 0, static_cast<char>(payload.size()), kind, flags, 0, 0, 0, stream}) +
         payload;
}

// With POST and http, which have numbers; the other fields enter no table.
std::string Call(char stream) {
  const std::string fields = std::string("\x83\x86\x04\x04/a/b\x01\x01h\x0f\x10\x10") +
                             "application/grpc" + std::string("\x00\x02te\x08", 5) + "trailers";
  return Frame(1, 4, stream, fields);
}

std::string Reset(char stream) { return Frame(3, 0, stream, std::string("\0\0\0\x08", 4)); }

// A server that answers no call, with a connection whose other end is `client`.
class StreamCountsTest : public testing::Test {
 protected:
  StreamCountsTest() {
    grpc::ServerBuilder builder;
    builder.RegisterAsyncGenericService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    poller_ = std::thread([this] {
      void* tag = nullptr;
      bool ok = false;
      while (queue_->Next(&tag, &ok)) {
      }
    });
    Connect();
  }
  ~StreamCountsTest() override {
    for (const int client : clients_) close(client);
    server_->Shutdown(absl::ToChronoTime(absl::Now()));
    queue_->Shutdown();
    poller_.join();
  }

  void Connect() {
    int ends[2] = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    clients_.push_back(ends[1]);
    names_.push_back(absl::StrCat("fd:", ends[0]));
    grpc::AddInsecureChannelFromFd(server_.get(), ends[0]);
    Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, ""));
  }
  void Send(const std::string& bytes) {
    ASSERT_EQ(write(clients_.back(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  // -1: nothing is known of it.
  int64_t Held(size_t connection) {
    counts_.Refresh();
    for (const HeldStreams& held : counts_.Read()) {
      if (held.peer == names_[connection]) return held.count;
    }
    return -1;
  }
  void AwaitHeld(size_t connection, int64_t count) {
    EXPECT_TRUE(Eventually([&] { return Held(connection) == count; }));
  }
  static bool Eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 4000 && !holds(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
  }

  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread poller_;  // gRPC reads while somebody waits for an event
  std::vector<int> clients_;
  std::vector<std::string> names_;
  StreamCounts counts_;
};

TEST_F(StreamCountsTest, CountsAlsoWhatWasTakenBackAndIsNotClearedAway) {
  EXPECT_EQ(Held(0), -1);
  Send(Call(1) + Call(3) + Call(5));
  AwaitHeld(0, 3);
  Send(Reset(3) + Call(7));
  AwaitHeld(0, 4);
}

TEST_F(StreamCountsTest, FindsEachNewConnection) {
  for (size_t i = 1; i < 5; ++i) {
    Send(Call(1) + Call(3));
    AwaitHeld(i - 1, 2);
    Connect();
  }
  Send(Call(1));
  AwaitHeld(4, 1);
  EXPECT_EQ(Held(0), 2);
}

}  // namespace
}  // namespace sluice
