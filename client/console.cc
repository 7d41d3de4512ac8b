// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/console.h"

#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "client/signals.h"

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

// 0, or the errno of what could not be written; EINTR when a signal ends the program.
int WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    if (!AwaitOutput(fd)) return EINTR;
    // What can be written to takes so much of it without blocking.
    const ssize_t n = write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EAGAIN && errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

StandardConsole::StandardConsole()
    : is_terminal_(isatty(STDOUT_FILENO) == 1),
      live_(is_terminal_ && !IsDumb()),
      colour_(live_ && !IsSet("NO_COLOR")) {}

void StandardConsole::Write(const std::string& text) {
  if (quiet_) return;
  const int error = WriteAll(STDOUT_FILENO, text);
  quiet_ = error != 0;
  closed_ = quiet_ && error != EINTR;
  if (closed_ && error != EPIPE) write_error_ = error;
}

// A pipe's reader is noticed to have gone before there is anything to write, too.
bool StandardConsole::closed() const {
  pollfd output = {STDOUT_FILENO, 0, 0};
  return closed_ || (poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0);
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
