// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/user_names.h"

#include <pwd.h>

#include <deque>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/thread.h"

namespace sluice {
namespace {

constexpr size_t kMaxPasswordEntryBytes = size_t{64} * 1024;
// Name services take large buffers.
constexpr size_t kStackBytes = size_t{1024} * 1024;
constexpr absl::Duration kGoodFor = absl::Minutes(5);
// Users; beyond that all are asked for anew.
constexpr size_t kMostKnown = 4096;

}  // namespace

struct UserNames::State {
  struct User {
    std::string name;
    absl::Duration asked;
  };

  // Asks for one after the other, until there is nobody left to ask for.
  void Ask();

  Lookup lookup;
  Mutex mutex;
  std::map<uid_t, User> users ABSL_GUARDED_BY(mutex);
  std::deque<uid_t> wanted ABSL_GUARDED_BY(mutex);
  bool asking ABSL_GUARDED_BY(mutex) = false;  // there is a thread that does
};

std::string NameOfUser(uid_t uid) {
  std::string buffer(kMaxPasswordEntryBytes, '\0');
  passwd entry = {};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0) return "";
  return found == nullptr ? "" : found->pw_name;
}

void UserNames::State::Ask() {
  MutexLock lock(mutex);
  while (!wanted.empty()) {
    const uid_t uid = wanted.front();
    wanted.pop_front();
    mutex.Unlock();
    std::string name = lookup(uid);
    mutex.Lock();
    users[uid].name = std::move(name);
  }
  asking = false;
}

UserNames::UserNames(const Clock& clock, Lookup lookup)
    : clock_(clock), state_(std::make_shared<State>()) {
  state_->lookup = std::move(lookup);
}

std::string UserNames::Find(uid_t uid) {
  const absl::Duration now = clock_.Monotonic();
  MutexLock lock(state_->mutex);
  auto known = state_->users.find(uid);
  if (known != state_->users.end() && now < known->second.asked + kGoodFor) {
    return known->second.name;
  }
  if (known == state_->users.end() && state_->users.size() >= kMostKnown) state_->users.clear();
  State::User& user = state_->users[uid];
  user.asked = now;
  if (state_->wanted.size() < kMostKnown) state_->wanted.push_back(uid);
  if (state_->asking) return user.name;
  // It may hang for ever, also when the daemon ends.
  absl::StatusOr<Thread> thread = Thread::Start(
      "user-names", [state = state_] { state->Ask(); }, kStackBytes);
  state_->asking = thread.ok();
  if (thread.ok()) thread->Detach();
  return user.name;
}

}  // namespace sluice
