// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "client/verbs/verbs.h"
#include "client/view/table.h"
#include "client/words.h"

namespace sluice::client {
namespace {

constexpr int kLargestPage = 1000;

absl::StatusOr<v1::ListStatesRequest> MakeRequest(const ListOptions& options) {
  v1::ListStatesRequest request;
  request.set_service(options.service);
  for (const std::string& word : options.statuses) {
    SLUICE_ASSIGN_OR_RETURN(const v1::Status status, ParseStatus(word));
    request.add_statuses(status);
  }
  return request;
}

// Turns the pages until `limit` (0: all) are there.
grpc::Status Collect(Session& session, v1::ListStatesRequest request, int limit,
                     v1::ListStatesResponse& all) {
  do {
    const int missing = limit == 0 ? kLargestPage : limit - all.states_size();
    request.set_page_size(std::min(missing, kLargestPage));
    v1::ListStatesResponse page;
    const grpc::Status status =
        session.connection.Call(&Connection::Deployments::ListStates, request, page);
    if (!status.ok()) return status;
    for (v1::DeploymentState& state : *page.mutable_states()) *all.add_states() = std::move(state);
    all.set_next_page_token(page.next_page_token());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && (limit == 0 || all.states_size() < limit));
  return grpc::Status::OK;
}

}  // namespace

ExitCode Run(const ListOptions& options, Session& session) {
  const absl::StatusOr<v1::ListStatesRequest> request = MakeRequest(options);
  if (!request.ok()) {
    return session.UsageError(absl::StrCat("--status: ", std::string(request.status().message())));
  }
  v1::ListStatesResponse list;
  const grpc::Status status = Collect(session, *request, options.limit, list);
  if (!status.ok()) return session.Fail(status);
  if (session.structured()) {
    session.PrintDocument(list);
  } else if (list.states().empty()) {
    const bool all = options.service.empty() && options.statuses.empty();
    session.console.WriteError(
        all ? "no deployments that you may see; `sluice deploy SERVICE VERSION` makes one\n"
            : "no such deployments; `sluice list` shows all\n");
  } else {
    session.PrintLines(DeploymentTable(list, absl::Now(), session.wide(), session.columns()));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
