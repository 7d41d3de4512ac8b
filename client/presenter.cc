// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/presenter.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/timestamp.h"
#include "client/live_screen.h"
#include "client/output/document.h"
#include "client/view/deployment_view.h"
#include "client/view/events.h"
#include "client/words.h"

namespace sluice::client {
namespace {

class LivePresenter final : public Presenter {
 public:
  LivePresenter(Console& console, bool wide) : console_(console), screen_(console), wide_(wide) {}

  void Begin(const v1::DeploymentState& known) override { Show(known); }
  void Show(const v1::DeploymentState& state) override { state_ = state; }
  void Notice(const std::string& text) override { notice_ = text; }
  void Tick() override {
    if (!state_.id().empty()) screen_.Draw(Page(/*last=*/false));
  }
  void Release() override {
    if (!state_.id().empty()) screen_.Draw(Page(IsTerminal(state_.status())));
    screen_.Release();
  }

 private:
  // The last one may scroll.
  std::vector<Line> Page(bool last) const {
    const Size size = console_.size();
    // The cursor stands on the row below the page.
    const int room = std::max(1, size.rows - 1);
    const int height = std::max(1, room - (notice_.empty() ? 0 : 1));
    std::vector<Line> page =
        RenderDeployment(state_, {absl::Now(), size.columns, height, wide_, last});
    if (!notice_.empty()) page.push_back(Line(notice_, Style::kWarning));
    // What scrolls cannot be drawn over.
    if (!last) page.resize(std::min(page.size(), static_cast<size_t>(room)));
    return page;
  }

  Console& console_;
  LiveScreen screen_;
  const bool wide_;
  v1::DeploymentState state_;
  std::string notice_;
};

class EventPresenter final : public Presenter {
 public:
  explicit EventPresenter(Console& console) : console_(console) {}

  void Begin(const v1::DeploymentState& known) override { Show(known); }
  void BeginAfter(absl::Time newest) override { newest_ = newest; }
  void Show(const v1::DeploymentState& state) override {
    // A terminal wraps what is too wide: nothing is drawn over it.
    console_.Write(ToText(News(state), /*width=*/0, console_.colour()));
    // A finished deployment may still be rolled back, which is news to tell against this state.
    known_[state.id()] = state;
  }

  void Notice(const std::string& text) override {
    if (text != notice_ && !text.empty()) console_.WriteError(absl::StrCat("sluice: ", text, "\n"));
    notice_ = text;
  }

 private:
  std::vector<Line> News(const v1::DeploymentState& state) const {
    const auto found = known_.find(state.id());
    if (found != known_.end()) return EventLines(&found->second, state, absl::Now());
    const bool is_new = FromTimestamp(state.create_time()) > newest_;
    return is_new ? WholeEventLines(state, absl::Now()) : EventLines(nullptr, state, absl::Now());
  }

  Console& console_;
  std::string notice_;
  absl::Time newest_ = absl::InfiniteFuture();
  std::map<std::string, v1::DeploymentState> known_;
};

class DocumentPresenter final : public Presenter {
 public:
  DocumentPresenter(Console& console, bool json) : console_(console), json_(json) {}

  void Show(const v1::DeploymentState& state) override {
    const Document document = ToDocument(state);
    console_.Write(json_ ? absl::StrCat(ToCompactJson(document), "\n")
                         : absl::StrCat("---\n", ToYaml(document)));
  }
  void Notice(const std::string& text) override {
    if (text != notice_ && !text.empty()) console_.WriteError(absl::StrCat("sluice: ", text, "\n"));
    notice_ = text;
  }

 private:
  Console& console_;
  const bool json_;
  std::string notice_;
};

class SilentPresenter final : public Presenter {
 public:
  void Show(const v1::DeploymentState& /*state*/) override {}
  void Notice(const std::string& /*text*/) override {}
};

}  // namespace

std::unique_ptr<Presenter> MakePresenter(Console& console, OutputFormat format, bool single) {
  if (format == OutputFormat::kJson || format == OutputFormat::kYaml) {
    return std::make_unique<DocumentPresenter>(console, format == OutputFormat::kJson);
  }
  if (single && console.live()) {
    return std::make_unique<LivePresenter>(console, format == OutputFormat::kWide);
  }
  return std::make_unique<EventPresenter>(console);
}

std::unique_ptr<Presenter> MakeSilentPresenter() { return std::make_unique<SilentPresenter>(); }

}  // namespace sluice::client
