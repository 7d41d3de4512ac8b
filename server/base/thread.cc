// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/thread.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

struct NamedBody {
  std::string name;
  std::function<void()> run;
};

void* RunBody(void* argument) {
  const std::unique_ptr<NamedBody> body(static_cast<NamedBody*>(argument));
  // Here and not by who starts it: the name of another thread is a file to open and to write.
  pthread_setname_np(pthread_self(), body->name.substr(0, 15).c_str());
  body->run();
  return nullptr;
}

}  // namespace

absl::StatusOr<Thread> Thread::Start(const std::string& name, std::function<void()> body,
                                     size_t stack_bytes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  stack_bytes *= 4;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  stack_bytes *= 4;
#endif
#endif
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::max<size_t>(stack_bytes, PTHREAD_STACK_MIN));
  auto argument = std::make_unique<NamedBody>(NamedBody{name, std::move(body)});
  pthread_t handle;
  const int error = pthread_create(&handle, &attributes, RunBody, argument.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no thread for ", name, ": ", std::strerror(error)));
  }
  argument.release();  // RunBody owns it now.
  return Thread(handle);
}

absl::StatusOr<Thread> Thread::Start(Clock& clock, const std::string& name,
                                     std::function<void()> body, size_t stack_bytes) {
  std::shared_ptr<ScheduledThread> scheduled = clock.Adopt(name);
  if (scheduled == nullptr) return Start(name, std::move(body), stack_bytes);
  auto in_turns = [scheduled, body = std::move(body)]() mutable {
    scheduled->Begin();
    body();
    body = nullptr;  // What it owns ends within its turns too.
    scheduled->End();
  };
  SLUICE_ASSIGN_OR_RETURN(Thread thread, Start(name, std::move(in_turns), stack_bytes));
  thread.scheduled_ = std::move(scheduled);
  return thread;
}

Thread::Thread(Thread&& other) noexcept
    : handle_(other.handle_),
      joinable_(std::exchange(other.joinable_, false)),
      scheduled_(std::move(other.scheduled_)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    Join();
    handle_ = other.handle_;
    joinable_ = std::exchange(other.joinable_, false);
    scheduled_ = std::move(other.scheduled_);
  }
  return *this;
}

Thread::~Thread() { Join(); }

void Thread::Join() {
  if (!std::exchange(joinable_, false)) return;
  if (scheduled_ != nullptr) scheduled_->AwaitEnd();
  pthread_join(handle_, nullptr);
}

void Thread::Detach() {
  if (std::exchange(joinable_, false)) pthread_detach(handle_);
}

}  // namespace sluice
