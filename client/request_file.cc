// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/request_file.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "base/yaml_message.h"

namespace sluice::client {
namespace {

// What a server takes at most.
constexpr size_t kMaxBytes = 1 << 20;

absl::Status CannotRead(const std::string& path, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat("-f: cannot read ", path, ": ", why));
}

void AwaitInput(int fd) {
  pollfd input{.fd = fd, .events = POLLIN, .revents = 0};
  poll(&input, 1, -1);
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {  // Whoever shares it made it non-blocking.
      AwaitInput(fd);
      continue;
    }
    if (n < 0 && errno == EBADF) return absl::InvalidArgumentError("-f: standard input is closed");
    if (n < 0) return CannotRead(path, std::strerror(errno));
    text.append(buffer.data(), static_cast<size_t>(n));
    if (text.size() > kMaxBytes) return CannotRead(path, "a request has at most 1 MiB");
  }
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return CannotRead(path, std::strerror(errno));
  return ReadAll(file.get(), path);
}

}  // namespace

absl::Status ReadRequestFile(const std::string& path, v1::DeployRequest& request) {
  const bool is_standard_input = path == "-";
  const std::string name = is_standard_input ? "standard input" : path;
  SLUICE_ASSIGN_OR_RETURN(const std::string text,
                          is_standard_input ? ReadAll(STDIN_FILENO, name) : ReadFile(path));
  YamlDocument document(name);
  document.Read(text, request);
  if (document.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the request file has mistakes:\n  ", absl::StrJoin(document.Lines(), "\n  ")));
}

}  // namespace sluice::client
