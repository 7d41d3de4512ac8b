// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What it takes for a file to be there, whole, after a crash of the machine, and errors of the file
// system as statuses. Used by the record store, the data directory and the audit trail. All calls
// block.

#ifndef SLUICE_BASE_DURABLE_FILE_H_
#define SLUICE_BASE_DURABLE_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice {

// `what` with the text of the errno value `error`. RESOURCE_EXHAUSTED when a disk, a quota or a
// limit on the size of files is full.
absl::Status FileError(int error, absl::string_view what);

// Makes the empty file `path`, readable by its owner alone. ALREADY_EXISTS when there is one.
absl::Status CreatePrivateFile(const std::string& path);

// What was written to `path` (a file or a directory) is on the disk when this returns.
absl::Status SyncPath(const std::string& path);

// The directory that `path` is in.
std::string DirectoryOf(const std::string& path);

// The number of the file of that name, which no other of its file system has as long as somebody
// holds it open; 0 when there is none.
ino_t InodeOf(const std::string& path);

// Whether the calling user may make files in `directory`, as far as can be told without making one.
absl::Status CheckWritable(const std::string& directory);

// Gives the file `from`, which is synced already, the name `to` for good. ALREADY_EXISTS when
// something has that name; it is never replaced.
absl::Status RenameDurably(const std::string& from, const std::string& to);

}  // namespace sluice

#endif  // SLUICE_BASE_DURABLE_FILE_H_
