// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// sluice.v1.DeploymentService: one short method an RPC, which asks the gate, then the engine, and
// maps the answer. Stateless. On gRPC's callback threads; nothing here blocks.

#ifndef SLUICE_RPC_DEPLOYMENT_SERVICE_H_
#define SLUICE_RPC_DEPLOYMENT_SERVICE_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/backups.h"
#include "engine/deployment_manager.h"
#include "engine/registry.h"
#include "engine/snapshot.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "rpc/call_gate.h"
#include "rpc/watch_hub.h"
#include "sluice/v1/audit.pb.h"
#include "sluice/v1/deployment_service.grpc.pb.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// All methods are raw: nobody's request is parsed before it is known that they may call, and a
// snapshot is sent by its own bytes.
using DeploymentServiceBase = v1::DeploymentService::WithRawCallbackMethod_GetState<
    v1::DeploymentService::WithRawCallbackMethod_WatchStates<
        v1::DeploymentService::WithRawCallbackMethod_Deploy<
            v1::DeploymentService::WithRawCallbackMethod_Rollback<
                v1::DeploymentService::WithRawCallbackMethod_ListStates<
                    v1::DeploymentService::WithRawCallbackMethod_PlanDeployment<
                        v1::DeploymentService::WithRawCallbackMethod_Pause<
                            v1::DeploymentService::WithRawCallbackMethod_Resume<
                                v1::DeploymentService::WithRawCallbackMethod_Promote<
                                    v1::DeploymentService::WithRawCallbackMethod_Abort<
                                        v1::DeploymentService::WithRawCallbackMethod_ListServices<
                                            v1::DeploymentService::
                                                WithRawCallbackMethod_GetServerInfo<
                                                    v1::DeploymentService::
                                                        WithRawCallbackMethod_Backup<
                                                            v1::DeploymentService::
                                                                Service>>>>>>>>>>>>>;

class DeploymentService final : public DeploymentServiceBase {
 public:
  // All of them outlive the service. Without `backups` records are in memory. `info` has what
  // stays the same while it serves.
  DeploymentService(DeploymentManager& manager, Registry& registry, WatchHub& hub,
                    const CallGate& gate, Backups* backups, v1::ServerInfo info)
      : manager_(manager),
        registry_(registry),
        hub_(hub),
        gate_(gate),
        backups_(backups),
        info_(std::move(info)) {}

  grpc::ServerUnaryReactor* Deploy(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetState(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListStates(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStates(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* PlanDeployment(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Pause(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Promote(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Abort(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListServices(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Backup(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;

 private:
  // Lets the caller through, records that it begins, acts, waits until it is durable, records what
  // came of it, and answers. With an audit trail `act` is called on its thread.
  template <typename Request>
  grpc::ServerUnaryReactor* Change(
      grpc::CallbackServerContext* context, const char* method, const grpc::ByteBuffer* bytes,
      grpc::ByteBuffer* response,
      const std::function<absl::StatusOr<SnapshotPtr>(const Request&, const Call&)>& act);

  void RecordAndFinish(const std::shared_ptr<const Call>& call,
                       const absl::StatusOr<SnapshotPtr>& result, v1::AuditRecord record,
                       grpc::ServerUnaryReactor* reactor);

  absl::StatusOr<grpc::ByteBuffer> Find(const grpc::CallbackServerContext& context,
                                        const grpc::ByteBuffer& bytes) const;
  absl::StatusOr<grpc::ByteBuffer> List(const grpc::CallbackServerContext& context,
                                        const grpc::ByteBuffer& bytes) const;
  absl::StatusOr<grpc::ByteBuffer> Plan(const grpc::CallbackServerContext& context,
                                        const grpc::ByteBuffer& bytes) const;
  absl::StatusOr<grpc::ByteBuffer> Services(const grpc::CallbackServerContext& context) const;
  absl::StatusOr<grpc::ByteBuffer> Info(const grpc::CallbackServerContext& context) const;
  absl::StatusOr<v1::BackupRequest> AdmitBackup(const Call& call,
                                                const grpc::ByteBuffer& bytes) const;

  DeploymentManager& manager_;
  Registry& registry_;
  WatchHub& hub_;
  const CallGate& gate_;
  Backups* const backups_;
  const v1::ServerInfo info_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_DEPLOYMENT_SERVICE_H_
