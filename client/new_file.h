// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Files that hold secrets, written so that nobody else can read them for a moment. Used by the
// verbs that make certificates and tokens. Any thread.

#ifndef SLUICE_CLIENT_NEW_FILE_H_
#define SLUICE_CLIENT_NEW_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace sluice::client {

// Puts `content` at `path`, whole or not at all, in place of what was there. `mode` holds from the
// first byte on.
absl::Status ReplaceFile(const std::string& path, const std::string& content, mode_t mode);

// Appends a line to `path`, which is made with mode 0600 when it is not there.
absl::Status AppendLine(const std::string& path, const std::string& line);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_NEW_FILE_H_
