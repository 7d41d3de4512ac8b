// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the users on the Unix socket are called, for people: grants go by their ids. The system's
// name service may be another machine that does not answer, so a thread of its own asks it, and
// nobody waits for that thread. Used by the table of connections.

#ifndef SLUICE_AUTH_USER_NAMES_H_
#define SLUICE_AUTH_USER_NAMES_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"

namespace sluice {

// Empty when the user has none. May block for as long as the name service does.
std::string NameOfUser(uid_t uid);

// Thread-safe; nothing here blocks.
class UserNames {
 public:
  using Lookup = std::function<std::string(uid_t)>;

  // `lookup` may still be running when this has ended.
  explicit UserNames(const Clock& clock, Lookup lookup = NameOfUser);

  // As of the last answer; empty while there is none. Has it asked for when that is long ago.
  std::string Find(uid_t uid);

 private:
  struct State;

  const Clock& clock_;
  const std::shared_ptr<State> state_;
};

}  // namespace sluice

#endif  // SLUICE_AUTH_USER_NAMES_H_
