// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A disk under SQLite that keeps only what was synced, and fails when the test says so. What SQLite
// writes goes to the real files, so that it reads what it wrote; beside them the disk remembers
// what a power cut would leave. For one thread; one object at a time.

#ifndef SLUICE_TESTS_DRIVERS_CRASH_DISK_H_
#define SLUICE_TESTS_DRIVERS_CRASH_DISK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "sqlite3.h"

namespace sluice {

class CrashDisk {
 public:
  // Takes the place of SQLite's default until its end. Only files in `directory` are looked after;
  // what is there now counts as synced, and so does what others than SQLite put there before SQLite
  // opens it.
  explicit CrashDisk(std::string directory);
  ~CrashDisk();
  CrashDisk(const CrashDisk&) = delete;
  CrashDisk& operator=(const CrashDisk&) = delete;

  // Writes, truncations, syncs and deletions so far.
  int operations() const { return operations_; }
  // The operation of that number (the first is 1) fails with an input/output error. If it is a
  // sync, what it should have synced is never on the disk, as on Linux.
  void FailAt(int operation) { fail_at_ = operation; }
  // So does every operation on this file from now on.
  void FailIn(const std::string& path) { fail_in_ = path; }
  // Called before each operation.
  void OnOperation(std::function<void()> hook) { hook_ = std::move(hook); }

  // What a power cut now may leave: all that is synced, and any part of what is not, in `target`.
  void WriteImage(const std::string& target, std::mt19937& random) const;

 private:
  struct Write {
    int64_t offset;
    std::string data;  // empty: a truncation to `offset`
  };
  struct File {
    bool has_name = false;  // its name is on the disk
    std::string synced;
    std::vector<Write> pending;
  };
  struct Handle {
    std::string path;
    const sqlite3_io_methods* original;
    sqlite3_io_methods methods;
  };

  static int Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* flags_out);
  static int Delete(sqlite3_vfs*, const char* path, int sync_directory);
  static int Close(sqlite3_file* file);
  static int WriteTo(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset);
  static int Truncate(sqlite3_file* file, sqlite3_int64 size);
  static int Sync(sqlite3_file* file, int flags);

  bool Covers(const std::string& path) const { return path.rfind(directory_ + "/", 0) == 0; }
  // SQLite opens this file: it may have been made, or given this name, by others.
  void Adopt(const std::string& path);
  // False when this operation shall fail.
  bool Begin(const std::string& path);
  static std::string Applied(std::string contents, const Write& write);

  const std::string directory_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
  int operations_ = 0;
  int fail_at_ = 0;
  std::string fail_in_;
  std::function<void()> hook_;
  std::map<std::string, File> files_;
  // Deleted, but the deletion is not synced: it may be there again.
  std::map<std::string, File> ghosts_;
  std::map<sqlite3_file*, Handle> handles_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_DRIVERS_CRASH_DISK_H_
