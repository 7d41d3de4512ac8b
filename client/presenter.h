// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How a watch is shown: redrawn in place on a terminal, one line an event elsewhere, one JSON
// object or YAML document a state for scripts, or not at all. Used by Follow; one thread.

#ifndef SLUICE_CLIENT_PRESENTER_H_
#define SLUICE_CLIENT_PRESENTER_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "client/console.h"
#include "client/options.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

class Presenter {
 public:
  virtual ~Presenter() = default;

  // What was so before the watch; Show() tells what happens then.
  virtual void Begin(const v1::DeploymentState& /*known*/) {}
  // What is made later than this is news in whole, however far it is when it is first seen.
  virtual void BeginAfter(absl::Time /*newest*/) {}
  virtual void Show(const v1::DeploymentState& state) = 0;
  // Something that is not a state: "connection lost, trying again". Empty: it is over.
  virtual void Notice(const std::string& text) = 0;
  // Called about five times a second.
  virtual void Tick() {}
  // Gives the terminal back; what was shown stays. Show() may follow.
  virtual void Release() {}
};

// `single`: it will show one deployment, not many.
std::unique_ptr<Presenter> MakePresenter(Console& console, OutputFormat format, bool single);
std::unique_ptr<Presenter> MakeSilentPresenter();

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_PRESENTER_H_
