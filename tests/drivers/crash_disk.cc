// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/crash_disk.h"
#include "support/files.h"

#include <filesystem>
#include <fstream>
#include <utility>

namespace sluice {
namespace {

CrashDisk* current = nullptr;

}  // namespace

CrashDisk::CrashDisk(std::string directory)
    : directory_(std::move(directory)), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    files_[entry.path()] = {true, ContentsOf(entry.path()), {}};
  }
  current = this;
  vfs_.zName = "crash-disk";
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  sqlite3_vfs_register(&vfs_, 1);
}

CrashDisk::~CrashDisk() {
  sqlite3_vfs_register(real_, 1);
  sqlite3_vfs_unregister(&vfs_);
  current = nullptr;
}

int CrashDisk::Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  CrashDisk& disk = *current;
  if (path != nullptr && disk.Covers(path)) disk.Adopt(path);
  const int code = disk.real_->xOpen(disk.real_, path, file, flags, flags_out);
  if (code != SQLITE_OK || path == nullptr || !disk.Covers(path)) return code;
  disk.files_.try_emplace(path);
  Handle& handle = disk.handles_[file];
  handle = {path, file->pMethods, *file->pMethods};
  handle.methods.xClose = Close;
  handle.methods.xWrite = WriteTo;
  handle.methods.xTruncate = Truncate;
  handle.methods.xSync = Sync;
  file->pMethods = &handle.methods;
  return SQLITE_OK;
}

int CrashDisk::Delete(sqlite3_vfs*, const char* path, int sync_directory) {
  CrashDisk& disk = *current;
  if (disk.Covers(path)) {
    if (!disk.Begin(path)) return SQLITE_IOERR_DELETE;
    const auto node = disk.files_.extract(path);
    if (!sync_directory && !node.empty() && node.mapped().has_name) {
      disk.ghosts_[path] = node.mapped();
    }
  }
  return disk.real_->xDelete(disk.real_, path, sync_directory);
}

int CrashDisk::Close(sqlite3_file* file) {
  const auto node = current->handles_.extract(file);
  file->pMethods = node.mapped().original;
  return file->pMethods->xClose(file);
}

int CrashDisk::WriteTo(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const Handle& handle = current->handles_.at(file);
  if (!current->Begin(handle.path)) return SQLITE_IOERR_WRITE;
  const auto* bytes = static_cast<const char*>(data);
  current->files_[handle.path].pending.push_back({offset, std::string(bytes, size)});
  return handle.original->xWrite(file, data, size, offset);
}

int CrashDisk::Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Handle& handle = current->handles_.at(file);
  if (!current->Begin(handle.path)) return SQLITE_IOERR_TRUNCATE;
  current->files_[handle.path].pending.push_back({size, ""});
  return handle.original->xTruncate(file, size);
}

int CrashDisk::Sync(sqlite3_file* file, int) {
  const Handle& handle = current->handles_.at(file);
  File& state = current->files_[handle.path];
  const bool succeeds = current->Begin(handle.path);
  if (succeeds) {
    for (const Write& write : state.pending) state.synced = Applied(std::move(state.synced), write);
    // The directory is synced with a new file.
    if (!std::exchange(state.has_name, true)) current->ghosts_.clear();
  }
  state.pending.clear();
  return succeeds ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

void CrashDisk::Adopt(const std::string& path) {
  if (files_.count(path) > 0 || !std::filesystem::exists(path)) return;
  files_[path] = {true, ContentsOf(path), {}};
  // It may have had another name.
  std::erase_if(files_, [](const auto& file) { return !std::filesystem::exists(file.first); });
}

bool CrashDisk::Begin(const std::string& path) {
  ++operations_;
  if (hook_) hook_();
  return operations_ != fail_at_ && path != fail_in_;
}

std::string CrashDisk::Applied(std::string contents, const Write& write) {
  const auto offset = static_cast<size_t>(write.offset);
  if (write.data.empty()) {
    contents.resize(offset);
    return contents;
  }
  if (contents.size() < offset + write.data.size()) contents.resize(offset + write.data.size());
  contents.replace(offset, write.data.size(), write.data);
  return contents;
}

void CrashDisk::WriteImage(const std::string& target, std::mt19937& random) const {
  std::filesystem::remove_all(target);
  std::filesystem::create_directory(target);
  std::map<std::string, File> left = ghosts_;
  for (const auto& [path, file] : files_) {
    if (file.has_name || random() % 2 == 0) left[path] = file;
  }
  for (auto& [path, file] : left) {
    for (Write& write : file.pending) {
      if (random() % 2 == 0) continue;
      if (!write.data.empty() && random() % 4 == 0) write.data.resize(1 + write.data.size() / 2);
      file.synced = Applied(std::move(file.synced), write);
    }
    std::ofstream(target + path.substr(directory_.size()), std::ios::binary) << file.synced;
  }
}

}  // namespace sluice
