// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The audit trail: its writer thread, and what callers are told.

#include <memory>
#include <vector>

#include "auth/audit_fixture.h"
#include "auth/audit_trail.h"
#include "base/audit/audit_line.h"
#include "base/audit/audit_reader.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

class AuditTrailTest : public AuditTest {
 protected:
  std::unique_ptr<AuditTrail> OpenTrail() {
    auto trail = AuditTrail::Open(path(), clock_);
    EXPECT_TRUE(trail.ok()) << trail.status();
    return *std::move(trail);
  }
};

TEST_F(AuditTrailTest, RecordsSayWhoAndWhenAndWhatCameOfIt) {
  const auto trail = OpenTrail();
  v1::AuditRecord record = Record("web");
  SetOutcome(absl::PermissionDeniedError("no grant"), record);
  EXPECT_TRUE(trail->Append(record).ok());
  trail->Flush();
  const auto written = ParseAuditLine(Lines().at(0));
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->time().seconds(), 1'800'000'000);
  EXPECT_EQ(written->principal(), "ci");
  EXPECT_EQ(written->how(), "token");
  EXPECT_EQ(written->peer(), "127.0.0.1:9");
  EXPECT_EQ(written->method(), "Deploy");
  EXPECT_EQ(written->outcome(), "PERMISSION_DENIED");
  EXPECT_EQ(written->message(), "no grant");
}

TEST_F(AuditTrailTest, TellsWhenARecordIsOnTheDisk) {
  const auto trail = OpenTrail();
  absl::Status told = absl::UnknownError("not told");
  size_t lines = 0;
  EXPECT_TRUE(trail
                  ->Append(Record("web"),
                           [&](const absl::StatusOr<int64_t>& sequence) {
                             EXPECT_EQ(sequence.value_or(0), 1);
                             told = sequence.status();
                             lines = Lines().size();
                           })
                  .ok());
  trail->Flush();
  EXPECT_TRUE(told.ok()) << told;
  EXPECT_EQ(lines, 1u);
}

TEST_F(AuditTrailTest, WritersOnManyThreadsGetOneChain) {
  const auto trail = OpenTrail();
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.push_back(*Thread::Start("writer", [&trail] {
        for (int j = 0; j < 100; ++j) EXPECT_TRUE(trail->Append(Record("web")).ok());
      }));
    }
  }
  trail->Flush();
  const auto summary = VerifyAuditTrail(path());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->records, 800);
}

TEST_F(AuditTrailTest, TheEndWritesWhatIsLeft) {
  {
    const auto trail = OpenTrail();
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(trail->Append(Record("web")).ok());
  }
  EXPECT_EQ(VerifyAuditTrail(path())->records, 50);
}

TEST_F(AuditTrailTest, AFullDiskShowsInTheStatusUntilItIsOver) {
  const auto trail = OpenTrail();
  absl::Status told;
  {
    const FileSizeLimit limit(10);
    EXPECT_TRUE(
        trail
            ->Append(Record("web"),
                     [&](const absl::StatusOr<int64_t>& sequence) { told = sequence.status(); })
            .ok());
    trail->Flush();
  }
  EXPECT_FALSE(told.ok());
  EXPECT_FALSE(trail->status().ok());
  for (const absl::Status& shown : {told, trail->status()}) {
    EXPECT_EQ(shown.message().find(path()), absl::string_view::npos) << shown;
  }
  EXPECT_TRUE(trail->Append(Record("web")).ok());
  trail->Flush();
  EXPECT_TRUE(trail->status().ok()) << trail->status();
  EXPECT_EQ(VerifyAuditTrail(path())->records, 1);
}

// Nobody brings a record while changes are refused and nobody is sent here.
TEST_F(AuditTrailTest, AFullDiskIsTriedAgainWithoutARecordAndEachChangeIsToldOnce) {
  Mutex mutex;
  CondVar changed;
  int changes = 0;
  const auto trail = *AuditTrail::Open(path(), clock_, [&] {
    MutexLock lock(mutex);
    ++changes;
    changed.NotifyAll();
  });
  const auto await = [&](int count) {
    MutexLock lock(mutex);
    while (changes < count) changed.Wait(mutex);
    return changes;
  };
  EXPECT_TRUE(trail->Append(Record("web")).ok());
  trail->Flush();
  {
    const FileSizeLimit limit(100);
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(trail->Append(Record("web")).ok());
      trail->Flush();
    }
    EXPECT_FALSE(trail->failure().ok());
    EXPECT_EQ(await(1), 1);
  }
  EXPECT_EQ(await(2), 2);
  EXPECT_TRUE(trail->failure().ok()) << trail->failure();
  EXPECT_TRUE(trail->Append(Record("web")).ok());
  trail->Flush();
  EXPECT_EQ(await(2), 2);
  const auto summary = VerifyAuditTrail(path());
  EXPECT_EQ(summary->records, 2);
  EXPECT_FALSE(summary->ends_within_a_line);
}

TEST_F(AuditTrailTest, TooManyWaitingRecordsAreRefusedAtOnceButNotOfWhatWasDone) {
  const auto trail = OpenTrail();
  Mutex mutex;
  CondVar released;
  bool is_released = false;
  // Holds the trail's thread.
  EXPECT_TRUE(trail
                  ->Append(Record("web"),
                           [&](const absl::StatusOr<int64_t>&) {
                             MutexLock lock(mutex);
                             while (!is_released) released.Wait(mutex);
                           })
                  .ok());
  size_t taken = 0;
  absl::Status status;
  while (status.ok() && taken < 3 * AuditTrail::kMaxWaiting) {
    status = trail->Append(Record("web"));
    if (status.ok()) ++taken;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GE(taken, AuditTrail::kMaxWaiting);
  // Nothing more is to be done unrecorded; but what was done is recorded.
  EXPECT_EQ(trail->status().code(), absl::StatusCode::kResourceExhausted);
  bool is_kept = false;
  trail->AppendDone(Record("done"),
                    [&](const absl::StatusOr<int64_t>& written) { is_kept = written.ok(); });
  {
    MutexLock lock(mutex);
    is_released = true;
    released.NotifyAll();
  }
  trail->Flush();
  EXPECT_TRUE(is_kept);
  EXPECT_TRUE(trail->status().ok()) << trail->status();
  EXPECT_TRUE(trail->Append(Record("web")).ok());
}

}  // namespace
}  // namespace sluice
