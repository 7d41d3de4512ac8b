// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A small HTTP/1.1 server on loopback, for tests of what speaks HTTP: one thread a connection, one
// request a connection. The handler runs on those threads.

#ifndef SLUICE_TESTS_SUPPORT_HTTP_SERVER_H_
#define SLUICE_TESTS_SUPPORT_HTTP_SERVER_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/unique_fd.h"

namespace sluice::testing_support {

struct ReceivedRequest {
  std::string head;  // request line and headers
  std::string body;
  std::string line() const { return head.substr(0, head.find("\r\n")); }
};

inline std::string HttpAnswer(int code, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", code, " Answer\r\nContent-Length: ", body.size(),
                      "\r\nConnection: close\r\n\r\n", body);
}

class HttpServer {
 public:
  // What the handler returns is sent as it is, and the connection closed; an empty text is never
  // answered.
  using Handler = std::function<std::string(const ReceivedRequest&)>;

  explicit HttpServer(Handler handler, int port = 0) : handler_(std::move(handler)) {
    listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<uint16_t>(port));
    socklen_t size = sizeof(name);
    auto* generic = reinterpret_cast<sockaddr*>(&name);
    bind(listener_.get(), generic, size);
    listen(listener_.get(), 64);
    getsockname(listener_.get(), generic, &size);
    port_ = ntohs(name.sin_port);
    acceptor_ = std::thread([this] { AcceptAll(); });
  }

  ~HttpServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      MutexLock lock(mutex_);
      for (const UniqueFd& connection : connections_) shutdown(connection.get(), SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::vector<ReceivedRequest> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void AcceptAll() {
    for (;;) {
      const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      MutexLock lock(mutex_);
      connections_.emplace_back(fd);
      threads_.emplace_back([this, fd] { Serve(fd); });
    }
  }

  static size_t BodySize(const std::string& head) {
    const std::string name = "Content-Length: ";
    const size_t at = head.find(name);
    size_t size = 0;
    if (at == std::string::npos) return 0;
    const size_t begin = at + name.size();
    return absl::SimpleAtoi(head.substr(begin, head.find("\r\n", begin) - begin), &size) ? size : 0;
  }

  void Serve(int fd) {
    std::string received;
    char buffer[4096];
    size_t end = std::string::npos;
    while (end == std::string::npos || received.size() < end + 4 + BodySize(received)) {
      const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
      if (got <= 0) return;
      received.append(buffer, static_cast<size_t>(got));
      end = received.find("\r\n\r\n");
    }
    const ReceivedRequest request{received.substr(0, end), received.substr(end + 4)};
    {
      MutexLock lock(mutex_);
      requests_.push_back(request);
    }
    std::string answer = handler_(request);
    while (!answer.empty()) {
      const ssize_t sent = send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      answer.erase(0, static_cast<size_t>(sent));
      if (answer.empty()) shutdown(fd, SHUT_RDWR);
    }
    while (recv(fd, buffer, sizeof(buffer), 0) > 0) {
    }
  }

  const Handler handler_;
  UniqueFd listener_;
  int port_ = 0;
  std::thread acceptor_;
  // Grows in the acceptor alone, which has ended when the destructor reads it.
  std::vector<std::thread> threads_;
  mutable Mutex mutex_;
  std::vector<UniqueFd> connections_ ABSL_GUARDED_BY(mutex_);
  std::vector<ReceivedRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

// A loopback port that nobody listens on.
inline int UnusedPort() {
  return HttpServer([](const auto&) { return ""; }).port();
}

}  // namespace sluice::testing_support

#endif  // SLUICE_TESTS_SUPPORT_HTTP_SERVER_H_
