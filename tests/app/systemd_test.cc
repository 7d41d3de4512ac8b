// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// The socket that systemd would listen on.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name)
      : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    const timeval patience = {5, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bound_ = bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0;
  }

  bool bound() const { return bound_; }

  std::string Receive() {
    char buffer[512];
    const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
    return size < 0 ? "nothing" : std::string(buffer, static_cast<size_t>(size));
  }

 private:
  UniqueFd fd_;
  bool bound_ = false;
};

TEST(SystemdNotifier, SendsEachStateAsOneDatagram) {
  const std::string path = absl::StrCat(testing::TempDir(), "/notify.", getpid());
  NotifySocket socket(path);
  ASSERT_TRUE(socket.bound());
  const SystemdNotifier notifier(path);
  ASSERT_TRUE(notifier.Ready("serving").ok());
  ASSERT_TRUE(notifier.Status("3 active\nX=1").ok());
  ASSERT_TRUE(notifier.Stopping("draining").ok());
  EXPECT_EQ(socket.Receive(), "READY=1\nSTATUS=serving\n");
  EXPECT_EQ(socket.Receive(), "STATUS=3 active X=1\n") << "a line break must not begin a variable";
  EXPECT_EQ(socket.Receive(), "STOPPING=1\nSTATUS=draining\n");
  unlink(path.c_str());
}

TEST(SystemdNotifier, ReachesAnAbstractSocket) {
  const std::string name = absl::StrCat("@sluice-notify-test-", getpid());
  NotifySocket socket(name);
  ASSERT_TRUE(socket.bound());
  ASSERT_TRUE(SystemdNotifier(name).Ready("serving").ok());
  EXPECT_EQ(socket.Receive(), "READY=1\nSTATUS=serving\n");
}

TEST(SystemdNotifier, DoesNothingWithoutASocket) {
  EXPECT_TRUE(SystemdNotifier("").Ready("serving").ok());
}

TEST(SystemdNotifier, NamesTheSocketThatDoesNotAnswer) {
  const absl::Status status = SystemdNotifier("/nonexistent/notify").Ready("serving");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(status.message()).find("/nonexistent/notify"), std::string::npos);
}

}  // namespace
}  // namespace sluice
