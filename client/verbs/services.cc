// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/verbs/verbs.h"
#include "client/view/table.h"

namespace sluice::client {

ExitCode Run(const ServicesOptions& /*options*/, Session& session) {
  v1::ListServicesResponse list;
  const grpc::Status status = session.connection.Call(&Connection::Deployments::ListServices,
                                                      v1::ListServicesRequest(), list);
  if (!status.ok()) return session.Fail(status);
  if (session.structured()) {
    session.PrintDocument(list);
  } else if (list.services().empty()) {
    session.console.WriteError(
        "no services that you may see: none is configured, and none was deployed\n");
  } else {
    session.PrintLines(ServiceTable(list, session.wide(), session.columns()));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
