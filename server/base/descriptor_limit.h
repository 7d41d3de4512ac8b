// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How many descriptors this process may have. Shells give 1024, for the sake of programs that use
// select; a few hundred commands that run at the same time need more.

#ifndef SLUICE_BASE_DESCRIPTOR_LIMIT_H_
#define SLUICE_BASE_DESCRIPTOR_LIMIT_H_

#include <cstddef>

namespace sluice {

// As much as the systemd unit asks for.
inline constexpr size_t kEnoughDescriptors = 65536;

// Raises the soft limit as far as the hard one lets it, up to `enough`. Programs that are started
// get it too. To be called before anybody asks for the limit.
void RaiseDescriptorLimit(size_t enough = kEnoughDescriptors);

// The soft limit.
size_t DescriptorLimit();

}  // namespace sluice

#endif  // SLUICE_BASE_DESCRIPTOR_LIMIT_H_
