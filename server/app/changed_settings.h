// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Which settings two configurations differ in: what a reload does not take is told by name.

#ifndef SLUICE_APP_CHANGED_SETTINGS_H_
#define SLUICE_APP_CHANGED_SETTINGS_H_

#include <set>
#include <string>

#include "sluice/config/v1/config.pb.h"

namespace sluice {

// The names as in the file, "limits.history_per_service" or "listen.tls.key_file"; no values.
std::set<std::string> ChangedSettings(const config::v1::Config& before,
                                      const config::v1::Config& now);

}  // namespace sluice

#endif  // SLUICE_APP_CHANGED_SETTINGS_H_
