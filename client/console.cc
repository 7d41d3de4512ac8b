// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/console.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace sluice::client {
namespace {

// A terminal that says nothing of its size.
constexpr Size kFallbackSize = {80, 24};

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool IsDumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string(term) == "dumb";
}

bool WriteAll(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n >= 0) {
      written += static_cast<size_t>(n);
    } else if (errno == EAGAIN) {
      // Whoever shares our standard output may have made it non-blocking.
      pollfd ready = {fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

StandardConsole::StandardConsole()
    : is_terminal_(isatty(STDOUT_FILENO) == 1),
      live_(is_terminal_ && !IsDumb()),
      colour_(live_ && !IsSet("NO_COLOR")) {}

void StandardConsole::Write(const std::string& text) {
  if (closed_ || WriteAll(STDOUT_FILENO, text)) return;
  closed_ = true;
  if (errno != EPIPE) write_error_ = errno;
}

// There is nobody left to tell that standard error is closed.
void StandardConsole::WriteError(const std::string& text) { WriteAll(STDERR_FILENO, text); }

Size StandardConsole::size() const {
  if (!is_terminal_) return {};
  winsize window = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) {
    return kFallbackSize;
  }
  return {window.ws_col, window.ws_row};
}

}  // namespace sluice::client
