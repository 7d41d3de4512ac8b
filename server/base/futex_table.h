// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Linux since 6.16 keeps the futexes of a process in a table of its own, of a few slots a
// processor. With ten thousand threads that wait, every wake-up walks past a thousand of them;
// measured on two processors, a wait then ends up to 50 ms late.

#ifndef SLUICE_BASE_FUTEX_TABLE_H_
#define SLUICE_BASE_FUTEX_TABLE_H_

namespace sluice {

// Gives this process a table that is wide enough for as many threads as the daemon may have. Where
// the kernel has none, or refuses, nothing changes. To be called before threads are started.
void WidenFutexTable();

}  // namespace sluice

#endif  // SLUICE_BASE_FUTEX_TABLE_H_
