// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace sluice {

void RaiseDescriptorLimit(size_t enough) {
  rlimit descriptors = {};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur >= enough) return;
  descriptors.rlim_cur = std::min<rlim_t>(descriptors.rlim_max, enough);
  setrlimit(RLIMIT_NOFILE, &descriptors);
}

size_t DescriptorLimit() {
  rlimit descriptors = {};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return std::numeric_limits<size_t>::max();
  return descriptors.rlim_cur;
}

}  // namespace sluice
