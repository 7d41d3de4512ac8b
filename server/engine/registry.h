// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// All records in memory, and the one function through which every change of them goes. The manager
// and the runners write; RPC threads and watchers read. With a journal, readers see only what is
// durable. It stamps nothing: time comes in with the records.

#ifndef SLUICE_ENGINE_REGISTRY_H_
#define SLUICE_ENGINE_REGISTRY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "engine/journal.h"
#include "engine/request_log.h"
#include "engine/shared_state.h"
#include "engine/snapshot.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ports/record_store.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// Which records a reader wants; both empty: all.
struct RecordFilter {
  std::string deployment_id;  // whole
  std::string service;
  int64_t after = 0;  // nothing up to this revision: a reader that begins with the present
  // The newest revision when the reader began: what had ended by then is history, of which it gets
  // what is still kept when its turn comes.
  int64_t begun = 0;
};

// Which records changed. A reader whom that does not concern has nothing new to read.
struct ChangedRecords {
  std::set<std::string> ids;
  std::set<std::string> services;

  bool Concern(const RecordFilter& filter) const {
    return filter.deployment_id.empty()
               ? filter.service.empty() || services.count(filter.service) > 0
               : ids.count(filter.deployment_id) > 0;
  }
};

using TargetList = google::protobuf::RepeatedPtrField<v1::Target>;

// What is known of a service from its deployments.
struct ServiceMemory {
  std::string active_version;                          // of the last one that completed
  std::string activated_by;                            // the deployment that made it so
  std::map<std::string, std::string> target_versions;  // by target id
  // Of those, what an earlier run of the daemon put there: much may have happened since, and the
  // records may be a backup.
  std::set<std::string> from_earlier_run;
  std::string latest_deployment_id;
  int64_t changes = 0;  // another with every change of the above, in this run of the daemon
};

// NOT_FOUND, as every look-up of a deployment that does not exist.
absl::Status NoDeployment(const std::string& id);

// Thread-safe.
class Registry {
 public:
  // Told whether all that was changed before is durable.
  using OnDurable = std::function<void(const absl::Status&)>;

  // Keeps the last `history_per_service` finished records of each service. Without Restore changes
  // are in memory alone, and durable at once; revisions begin with the clock's microseconds, so
  // that those of an earlier run of the daemon are not taken for its own.
  Registry(Clock& clock, int history_per_service);

  // Takes over what an earlier run has stored, and gives every change to `journal` from now on,
  // which must outlive the last change. Called once, before anything else; counts as a start of
  // the daemon. Revisions go on above those that are stored and not below the clock's microseconds,
  // so that a backup that was restored does not give any twice.
  void Restore(StoreChange contents, Journal& journal);

  // The fencing epoch of this run's calls to targets: above that of every earlier run on this data,
  // and not below the clock's seconds, so that a backup that was restored does not take it back. 0
  // without a journal.
  int64_t epoch() const;

  // Adds a record, and the request that made it. Its id must be new. Returns what Latest would.
  SnapshotPtr Insert(v1::DeploymentState state, RequestLog::Entry request = {});

  // As Record::Update, for the record `id`; NOT_FOUND when there is none. Checks the transition and
  // gives the record the next revision; `request` is stored together with the change.
  absl::Status Update(const std::string& id,
                      absl::FunctionRef<absl::Status(v1::DeploymentState&)> change,
                      RequestLog::Entry request = {});
  absl::Status Read(const std::string& id,
                    absl::FunctionRef<void(const v1::DeploymentState&)> read) const;
  // The record with its latest changes, durable or not: for the answer to a change, which has to
  // wait for WhenDurable.
  absl::StatusOr<SnapshotPtr> Latest(const std::string& id) const;
  // These requests are not to be stored any longer.
  void ForgetRequests(const std::vector<std::string>& keys);

  // Whether changes can become durable: the journal's failure, or RESOURCE_EXHAUSTED when too many
  // wait for it. To be asked before a change that somebody waits for.
  absl::Status CheckWritable() const;
  // The journal's failure; it stays until a restart.
  absl::Status failure() const;
  // Calls `done` once everything that was changed before this call is durable, or cannot become so:
  // in this call, or later on the journal's thread. It must not block.
  void WhenDurable(OnDurable done);
  // The same for the changes up to `revision`: who is answered for one change does not wait for
  // those that follow it.
  void WhenDurable(int64_t revision, OnDurable done);
  // As WhenDurable, blocking. For workers, before whatever cannot be taken back.
  absl::Status AwaitDurable();

  // The records that have not ended, in the order of their creation, with their latest changes.
  std::vector<SnapshotPtr> Unfinished() const;

  // --- What readers see.

  // Whether the reader may know of a service's deployments. Asked under the registry's lock.
  using Sees = absl::FunctionRef<bool(const std::string& service)>;
  static bool SeesAll(const std::string& /*service*/) { return true; }

  absl::StatusOr<SnapshotPtr> Get(const std::string& id) const;
  // The whole id for a prefix that is unique among what the reader sees; a whole id is always
  // found. NOT_FOUND, or INVALID_ARGUMENT listing the candidates.
  absl::StatusOr<std::string> Resolve(const std::string& prefix, Sees sees = SeesAll) const;
  absl::StatusOr<std::string> LatestOf(const std::string& service) const;
  // Whether a deployment of the service that is still kept has completed with `version`, or found
  // it.
  bool HasRun(const std::string& service, const std::string& version) const;
  // What the reader sees of what was asked for. A page ends early when it grows large.
  absl::StatusOr<v1::ListStatesResponse> List(const v1::ListStatesRequest& request,
                                              Sees sees = SeesAll) const;

  // The next state after `revision` in order of revisions; null when there is none yet. A reader
  // that goes on with the revision of what it got sees the latest state of every record, and every
  // terminal state since the filter's `begun`. OUT_OF_RANGE when wanted records after `revision`
  // and `begun` are gone (unless both are 0), or `revision` is none of this registry.
  absl::StatusOr<SnapshotPtr> NextAfter(int64_t revision, const RecordFilter& filter) const;
  // Blocks until the newest revision is above `seen`, the clock's Monotonic() is at `until`, or
  // Close was called; returns the newest one.
  int64_t AwaitChange(int64_t seen, absl::Duration until = absl::InfiniteDuration()) const;
  // What changed after `revision`; records that are gone are not among them.
  ChangedRecords ChangedAfter(int64_t revision) const;
  // Of the newest state that readers may see. Takes no lock: a thousand watchers ask at each
  // change.
  int64_t newest_revision() const { return newest_revision_; }
  void Close();
  bool closed() const;

  // Of the versions of its targets only those of `targets`: a service may have had very many.
  ServiceMemory MemoryOf(const std::string& service, const TargetList& targets = {}) const;
  // ServiceMemory::changes of the service; 0 when nothing is known of it.
  int64_t MemoryChangesOf(const std::string& service) const;
  std::vector<std::string> Services() const;
  // When more than `most` services that are not kept are known: forgets those whose latest
  // deployment is oldest, with all their records, until a tenth of `most` is free. None with a
  // deployment that has not ended; where too many have not, it looks again when there are a tenth
  // more. Returns how many. `kept` is asked, under the registry's lock, when there may be too many.
  size_t ForgetServices(size_t most, absl::FunctionRef<std::set<std::string>()> kept);
  // When the versions of more than `most` targets of the service are known: forgets all but `kept`
  // and those of its latest deployments, of which it takes the next one until a third of `most` is
  // reached. Returns how many.
  size_t ForgetTargets(const std::string& service, size_t most, const TargetList& kept);

 private:
  struct Entry {
    SharedState state;
    SnapshotPtr durable;    // with a journal: what readers see; null before the first commit
    int64_t position = 0;   // in the order of creation
    int64_t published = 0;  // its revision in log_
    std::vector<int64_t> replaced;  // and those of terminal states that a rollback replaced
  };
  // A place in the order of revisions: a record's present state, or a terminal state that a later
  // rollback replaced.
  struct LogItem {
    std::string id;
    SnapshotPtr frozen;
  };
  // What changed since the last commit began, and who waits for it.
  struct Changes {
    std::set<std::string> records;
    std::map<int64_t, SnapshotPtr> replaced;
    std::map<std::string, std::optional<journal::v1::AcceptedRequest>> requests;
    std::set<std::string> services;
    bool counters = false;  // other than those that the records tell
    std::vector<OnDurable> waiting;

    bool empty() const {
      return records.empty() && requests.empty() && services.empty() && waiting.empty();
    }
  };
  // What becomes visible with a commit.
  struct Commit {
    std::map<std::string, SnapshotPtr> records;
    std::map<int64_t, SnapshotPtr> replaced;
    std::vector<OnDurable> waiting;
    int64_t revision = 0;
  };

  // Null while nothing of it is durable.
  const v1::DeploymentState* VisibleState(const Entry& entry) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SnapshotPtr Visible(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Entry* Find(const std::string& id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Entry& Add(v1::DeploymentState state, int64_t position) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Gives the record the next revision.
  void Changed(Entry& entry, const SnapshotPtr& replaced, RequestLog::Entry request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Publish(Entry& entry, int64_t revision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishReplaced(const SnapshotPtr& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is known of the service, to be changed now.
  ServiceMemory& Change(const std::string& service) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const v1::DeploymentState& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Prune(const std::string& service) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the record keeps its service from being forgotten may have changed.
  void NoteRest(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::set<std::string> LatestTargets(const std::string& service, size_t enough,
                                      const TargetList& kept) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<std::string> OldestServices(size_t count, const std::set<std::string>& kept) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetService(const std::string& service) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t PrunedThrough(const RecordFilter& filter) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // One commit at a time: what changes meanwhile becomes the next one, each record once.
  void CommitNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RestoreServices(const StoreChange& contents) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RestoreCounters(const StoreChange& contents) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StoreChange TakeChanges(Commit& commit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  journal::v1::Meta MetaNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  journal::v1::ServiceMemory StoredMemory(const std::string& service) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnCommitted(Commit& commit, const absl::Status& status);

  Clock& clock_;
  const int history_per_service_;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t first_revision_ ABSL_GUARDED_BY(mutex_);
  int64_t revision_ ABSL_GUARDED_BY(mutex_);              // the newest that was given
  int64_t visible_revision_ ABSL_GUARDED_BY(mutex_);      // the newest that readers may see
  std::atomic<int64_t> newest_revision_;                  // the same, for those without the lock
  int64_t durable_revision_ ABSL_GUARDED_BY(mutex_) = 0;  // with a journal
  int64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  // The newest revision that was pruned, by service; under "" that of all.
  std::map<std::string, int64_t> pruned_through_ ABSL_GUARDED_BY(mutex_);
  int64_t forgotten_through_ ABSL_GUARDED_BY(mutex_) =
      0;  // of services that are not known any more
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, LogItem> log_ ABSL_GUARDED_BY(mutex_);
  // Ids in the order in which they were inserted, for each service and for all.
  std::map<std::string, std::vector<std::string>> by_service_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::string> by_position_ ABSL_GUARDED_BY(mutex_);
  // The services whose latest deployment has ended, by its position.
  std::map<int64_t, std::string> at_rest_ ABSL_GUARDED_BY(mutex_);
  int64_t last_position_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, ServiceMemory> memory_ ABSL_GUARDED_BY(mutex_);
  size_t looked_through_ ABSL_GUARDED_BY(mutex_) = 0;  // up to so many services, by ForgetServices
  int64_t memory_changes_ ABSL_GUARDED_BY(mutex_) = 0;

  Journal* journal_ ABSL_GUARDED_BY(mutex_) = nullptr;  // null: in memory alone
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);        // the journal's; stays
  Changes changes_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Commit> commit_ ABSL_GUARDED_BY(mutex_);  // under way
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_REGISTRY_H_
