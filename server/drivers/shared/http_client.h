// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// HTTP requests and TCP connections over libcurl, for the HTTP drivers and the TCP health check:
// bounded in time and size, cancelled at once. Thread-safe; a request blocks its thread.

#ifndef SLUICE_DRIVERS_SHARED_HTTP_CLIENT_H_
#define SLUICE_DRIVERS_SHARED_HTTP_CLIENT_H_

#include <map>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice {

struct HttpRequest {
  std::string url;
  // Sent with POST when `is_post`.
  std::string body;
  bool is_post = false;
  std::map<std::string, std::string> headers;
  // Of the whole request.
  absl::Duration timeout = absl::Seconds(5);
};

struct HttpReply {
  // OK whatever the server answered. UNAVAILABLE: no connection, or a broken one.
  // DEADLINE_EXCEEDED, CANCELLED. RESOURCE_EXHAUSTED: the body is larger than kMaxBodyBytes.
  absl::Status status;
  // The request cannot have reached the server: no connection could be made.
  bool never_connected = false;
  int code = 0;
  std::string body;
};

class HttpClient {
 public:
  static constexpr size_t kMaxBodyBytes = 1024 * 1024;

  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Redirects are not followed: they are an answer.
  HttpReply Send(const HttpRequest& request, const std::stop_token& stop) const;

  // Makes a TCP connection to "host:port" and closes it.
  absl::Status Connect(const std::string& address, absl::Duration timeout,
                       const std::stop_token& stop) const;
};

inline bool IsSuccess(int http_code) { return http_code >= 200 && http_code < 300; }

}  // namespace sluice

#endif  // SLUICE_DRIVERS_SHARED_HTTP_CLIENT_H_
