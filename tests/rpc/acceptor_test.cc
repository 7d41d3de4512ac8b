// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Real sockets: the listeners, and the acceptor that takes their connections.

#include "rpc/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rpc/listener.h"
#include "rpc/socket_address.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing::HasSubstr;

UniqueFd Connect(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  return connect(fd.get(), generic, sizeof address) == 0 ? std::move(fd) : UniqueFd();
}

// Waits for it, for as long as a loaded machine may take.
bool IsClosedByPeer(int fd) {
  pollfd waiting = {fd, POLLIN, 0};
  char byte = 0;
  return poll(&waiting, 1, 20'000) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

class AcceptorTest : public testing::Test {
 protected:
  void Start(const ConnectionLimits& limits, UserNames::Lookup name_of_user = NameOfUser) {
    std::vector<Listener> listeners;
    absl::StatusOr<Listener> listener = Listener::OnUnixSocket(path_);
    ASSERT_TRUE(listener.ok()) << listener.status();
    listeners.push_back(*std::move(listener));
    table_ = std::make_unique<ConnectionTable>(clock_, limits, std::move(name_of_user));
    auto acceptor = Acceptor::Start(std::move(listeners), *table_, clock_, pulse_,
                                    [this](const Listener&, int fd) { Take(UniqueFd(fd)); });
    ASSERT_TRUE(acceptor.ok()) << acceptor.status();
    acceptor_ = *std::move(acceptor);
  }

  void Take(UniqueFd fd) {
    MutexLock lock(mutex_);
    taken_.push_back(std::move(fd));
    came_.NotifyAll();
  }
  void AwaitTaken(size_t count) {
    MutexLock lock(mutex_);
    while (taken_.size() < count) came_.Wait(mutex_);
  }
  int Taken(size_t index) {
    MutexLock lock(mutex_);
    return taken_[index].get();
  }
  void CloseTaken() {
    MutexLock lock(mutex_);
    taken_.clear();
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/s";
  RealClock clock_;
  const std::shared_ptr<Pulse> pulse_ = std::make_shared<Pulse>(clock_);
  std::unique_ptr<ConnectionTable> table_;
  Mutex mutex_;
  CondVar came_;
  std::vector<UniqueFd> taken_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Acceptor> acceptor_;
};

TEST_F(AcceptorTest, SaysThatItGoesOnUntilItHangs) {
  Start({});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pulse_->Await(absl::Seconds(20)).ok());
  UniqueFd client;
  {
    // What is handed over waits for this lock.
    MutexLock lock(mutex_);
    client = Connect(path_);
    // It may have answered before it took the connection.
    while (pulse_->Await(absl::Milliseconds(50)).ok()) {
    }
    EXPECT_THAT(Message(pulse_->Await(absl::Milliseconds(1))), HasSubstr("does not go on"));
  }
  EXPECT_TRUE(pulse_->Await(absl::Seconds(20)).ok());
  acceptor_ = nullptr;
  EXPECT_TRUE(pulse_->Await(absl::Seconds(20)).ok());
}

TEST_F(AcceptorTest, HandsConnectionsOverWithTheirUser) {
  Start({});
  const UniqueFd client = Connect(path_);
  AwaitTaken(1);
  const auto who = table_->Find(Taken(0));
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(std::get<UnixIdentity>(who->identity).uid, getuid());
  EXPECT_NE(fcntl(Taken(0), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(Taken(0), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(AcceptorTest, AcceptsWhileTheNameServiceHangs) {
  // Lives as long as the thread that asks it.
  struct Gate {
    Mutex mutex;
    CondVar opened;
    bool is_open = false;
  };
  const auto gate = std::make_shared<Gate>();
  Start({}, [gate](uid_t) {
    MutexLock lock(gate->mutex);
    while (!gate->is_open) gate->opened.Wait(gate->mutex);
    return std::string("ann");
  });
  const UniqueFd first = Connect(path_), second = Connect(path_);
  AwaitTaken(2);
  EXPECT_EQ(table_->Find(Taken(0))->Name(), absl::StrCat("uid:", getuid()));
  {
    MutexLock lock(gate->mutex);
    gate->is_open = true;
    gate->opened.NotifyAll();
  }
  while (table_->Find(Taken(1))->Name() != "ann") usleep(1000);
  EXPECT_EQ(table_->Find(Taken(0))->Name(), "ann");
}

TEST_F(AcceptorTest, ClosesAConnectionTooManyAtOnce) {
  Start({.total = 8, .per_peer = 1});
  const UniqueFd first = Connect(path_), second = Connect(path_);
  EXPECT_TRUE(IsClosedByPeer(second.get()));
  AwaitTaken(1);
  CloseTaken();
  // It is noticed some time after the first has ended.
  UniqueFd third;
  do {
    third = Connect(path_);
    pollfd waiting = {third.get(), POLLIN, 0};
    if (poll(&waiting, 1, 100) == 0) break;
  } while (true);
  AwaitTaken(1);
}

TEST_F(AcceptorTest, GoesOnAcceptingAfterDescriptorsWereShort) {
  // No look-up that opens files: one that it closes again would leave room for a connection.
  Start({}, [](uid_t) { return std::string("ann"); });
  UniqueFd early = Connect(path_);
  AwaitTaken(1);
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  // Clients are made first; then no descriptor is left.
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  none.rlim_cur = static_cast<rlim_t>(clients.back().get()) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  for (const UniqueFd& client : clients) {
    connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  for (const UniqueFd& client : clients) EXPECT_TRUE(IsClosedByPeer(client.get()));
  setrlimit(RLIMIT_NOFILE, &before);
  const UniqueFd late = Connect(path_);
  AwaitTaken(2);
}

TEST_F(AcceptorTest, ItsEndRemovesTheSocketAndLeavesConnections) {
  Start({});
  const UniqueFd client = Connect(path_);
  AwaitTaken(1);
  acceptor_ = nullptr;
  struct stat info = {};
  EXPECT_NE(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(send(Taken(0), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(recv(client.get(), &byte, 1, 0), 1);
}

TEST(Listener, MakesAUnixSocketForItsOwnerAndGroup) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  const mode_t mask = umask(0);
  const auto listener = Listener::OnUnixSocket(path);
  umask(mask);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(listener->address(), "unix:" + path);
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660u);
}

TEST(SocketDirectory, IsMadeForItsOwnerAndGroupAndLeftAsItIsAfterwards) {
  TemporaryDirectory directory;
  const std::string made = directory.Inside("sluice");
  const mode_t before = umask(022);
  EXPECT_TRUE(MakeSocketDirectory(made + "/sluice.sock").ok());
  umask(before);
  struct stat info = {};
  ASSERT_EQ(stat(made.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0750u);
  ASSERT_EQ(chmod(made.c_str(), 0700), 0);
  EXPECT_TRUE(MakeSocketDirectory(made + "/sluice.sock").ok());
  ASSERT_EQ(stat(made.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
}

TEST(SocketDirectory, IsMadeOnlyWhereTheOneAboveIsAndElseItSaysWhatToDo) {
  TemporaryDirectory directory;
  const absl::Status status = MakeSocketDirectory(directory.Inside("no/sluice/sluice.sock"));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(status), HasSubstr("cannot make " + directory.Inside("no/sluice") + ","));
  EXPECT_THAT(Message(status), HasSubstr("No such file or directory; start sluiced by its systemd "
                                         "unit, which makes it, or choose another socket"));
}

TEST(Listener, TakesOverWhatADeadDaemonLeft) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const UniqueFd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(Listener::OnUnixSocket(path).ok());
}

TEST(Listener, StealsNoLiveSocketAndReplacesNoFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s", file = directory.path() + "/f";
  const auto live = Listener::OnUnixSocket(path);
  ASSERT_TRUE(live.ok());
  const auto thief = Listener::OnUnixSocket(path);
  EXPECT_TRUE(absl::IsAlreadyExists(thief.status()));
  EXPECT_TRUE(Connect(path).ok());
  std::ofstream(file) << "mine";
  EXPECT_THAT(Message(Listener::OnUnixSocket(file).status()), HasSubstr("is no socket"));
  struct stat info = {};
  EXPECT_EQ(stat(file.c_str(), &info), 0);
}

TEST(Listener, TakesAFreePortAndTellsIt) {
  const auto listeners = Listener::OnTcp({.host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(listeners.ok()) << listeners.status();
  ASSERT_EQ(listeners->size(), 1u);
  const Listener& listener = listeners->front();
  EXPECT_GT(listener.port(), 0);
  EXPECT_EQ(listener.address(), "127.0.0.1:" + std::to_string(listener.port()));
  EXPECT_TRUE(listener.is_local());
  EXPECT_FALSE(listener.is_unix());
  const auto second = Listener::OnTcp({.host = "127.0.0.1", .port = listener.port()});
  EXPECT_THAT(Message(second.status()), HasSubstr("is the address taken?"));
}

TEST(Listener, ANameThatHasNoAddressIsRefused) {
  EXPECT_THAT(Message(Listener::OnTcp({.host = "no-such-host.invalid", .port = 0}).status()),
              HasSubstr("cannot listen on no-such-host.invalid"));
}

TEST(Listener, AdoptsASocketThatListensAndNoOther) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  const auto listener = Listener::OnUnixSocket(path);
  ASSERT_TRUE(listener.ok());
  {
    const auto adopted = Listener::Adopt(UniqueFd(dup(listener->fd())));
    ASSERT_TRUE(adopted.ok()) << adopted.status();
    EXPECT_TRUE(adopted->is_unix());
    EXPECT_EQ(adopted->address(), "unix:" + path);
  }
  // It was not made by the adopter, who therefore leaves it.
  EXPECT_TRUE(Connect(path).ok());
  EXPECT_FALSE(Listener::Adopt(UniqueFd(socket(AF_UNIX, SOCK_STREAM, 0))).ok());
  EXPECT_FALSE(Listener::Adopt(UniqueFd(open("/dev/null", O_RDONLY))).ok());
}

}  // namespace
}  // namespace sluice
