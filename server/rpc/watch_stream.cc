// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/watch_stream.h"

#include <algorithm>
#include <utility>

#include "rpc/status_mapping.h"
#include "rpc/wire.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {
namespace {

grpc::ByteBuffer RevisionBuffer(int64_t revision) {
  v1::WatchStatesResponse message;
  message.set_revision(revision);
  return MessageBuffer(message);
}

}  // namespace

WatchStream* WatchStream::Open(WatchHub& hub, const Registry& registry, RecordFilter filter,
                               int64_t revision, Viewer viewer) {
  std::shared_ptr<WatchStream> stream(
      new WatchStream(hub, registry, std::move(filter), revision, std::move(viewer)));
  stream->self_ = stream;
  WatchStream* const raw = stream.get();
  // The reader learns that it is connected even when there is nothing to send yet.
  raw->StartSendInitialMetadata();
  if (absl::Status added = hub.Add(stream, raw->viewer_.Key()); !added.ok()) {
    raw->End(added);
  } else {
    raw->Wake();
  }
  return raw;
}

WatchStream::WatchStream(WatchHub& hub, const Registry& registry, RecordFilter filter,
                         int64_t revision, Viewer viewer)
    : hub_(hub),
      registry_(registry),
      filter_(std::move(filter)),
      viewer_(std::move(viewer)),
      revision_(revision),
      owes_beat_(revision > 0) {}

void WatchStream::Wake() {
  Action action;
  {
    MutexLock lock(mutex_);
    action = Decide();
  }
  Act(action);
}

void WatchStream::Beat() {
  Action action;
  {
    MutexLock lock(mutex_);
    if (is_quiet_) owes_beat_ = true;
    is_quiet_ = true;
    action = Decide();
  }
  Act(action);
}

void WatchStream::Check() {
  {
    MutexLock lock(mutex_);
    if (end_.has_value()) return;
  }
  if (const absl::Status checked = viewer_.Check(); !checked.ok()) End(checked);
}

void WatchStream::End(const absl::Status& status) {
  Action action;
  {
    MutexLock lock(mutex_);
    if (!end_.has_value()) {
      end_ = status;
      owes_beat_ = absl::IsUnavailable(status);
    }
    action = Decide();
  }
  Act(action);
}

void WatchStream::OnWriteDone(bool ok) {
  Action action;
  {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok && !end_.has_value()) end_ = absl::CancelledError("the reader is gone");
    action = Decide();
  }
  Act(action);
}

void WatchStream::OnCancel() { End(absl::CancelledError("the reader is gone")); }

void WatchStream::OnDone() {
  hub_.Remove(self_);
  // May delete this: nothing may follow.
  std::shared_ptr<WatchStream>(std::move(self_)).reset();
}

WatchStream::Action WatchStream::Decide() {
  if (writing_ || finished_) return Action::kNothing;
  // A drain lets the reader have what is new first: the end of its deployment, most likely. Then
  // the revision from which to go on.
  if (!end_.has_value() || absl::IsUnavailable(*end_)) {
    // Asked before, so that it is not ahead of what there was to send.
    const int64_t newest = registry_.newest_revision();
    const absl::StatusOr<SnapshotPtr> next =
        revision_ == newest ? absl::StatusOr<SnapshotPtr>(nullptr) : NextSeen();
    if (next.ok() && *next != nullptr) return Write(WatchBuffer(*next));
    // What is not for this reader is looked at once, not at every change.
    if (next.ok()) revision_ = std::max(revision_, newest);
    if (next.ok() && owes_beat_) {
      owes_beat_ = false;
      return Write(RevisionBuffer(revision_));
    }
    if (next.ok() && !end_.has_value()) return Action::kNothing;
    if (!end_.has_value()) end_ = next.status();
  }
  finished_ = true;
  return Action::kFinish;
}

WatchStream::Action WatchStream::Write(grpc::ByteBuffer message) {
  buffer_.Swap(&message);
  writing_ = true;
  is_quiet_ = false;
  return Action::kWrite;
}

absl::StatusOr<SnapshotPtr> WatchStream::NextSeen() {
  while (true) {
    absl::StatusOr<SnapshotPtr> next = registry_.NextAfter(revision_, filter_);
    if (!next.ok() || *next == nullptr) return next;
    revision_ = (*next)->state().revision();
    if (viewer_.Sees((*next)->state().service())) return next;
  }
}

void WatchStream::Act(Action action) {
  if (action == Action::kWrite) StartWrite(&buffer_);
  if (action != Action::kFinish) return;
  grpc::Status status;
  {
    MutexLock lock(mutex_);
    status = ToGrpcStatus(*end_);
  }
  Finish(status);
}

}  // namespace sluice
