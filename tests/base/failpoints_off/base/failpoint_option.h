// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// As a build without the option has it.

#ifndef SLUICE_BASE_FAILPOINT_OPTION_H_
#define SLUICE_BASE_FAILPOINT_OPTION_H_

#define SLUICE_FAILPOINTS 0

#endif  // SLUICE_BASE_FAILPOINT_OPTION_H_
