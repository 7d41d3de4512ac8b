// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// sluice.v1.DeploymentService: one short method an RPC, which asks the engine and maps the answer.
// Stateless. On gRPC's callback threads; nothing here blocks.

#ifndef SLUICE_RPC_DEPLOYMENT_SERVICE_H_
#define SLUICE_RPC_DEPLOYMENT_SERVICE_H_

#include "engine/deployment_manager.h"
#include "engine/registry.h"
#include "grpcpp/support/server_callback.h"
#include "rpc/watch_hub.h"
#include "sluice/v1/deployment_service.grpc.pb.h"

namespace sluice {

// GetState and WatchStates are raw: they send a snapshot's own bytes. The others take messages.
using DeploymentServiceBase = v1::DeploymentService::WithRawCallbackMethod_GetState<
    v1::DeploymentService::WithRawCallbackMethod_WatchStates<
        v1::DeploymentService::WithCallbackMethod_Deploy<
            v1::DeploymentService::WithCallbackMethod_Rollback<
                v1::DeploymentService::WithCallbackMethod_ListStates<
                    v1::DeploymentService::WithCallbackMethod_PlanDeployment<
                        v1::DeploymentService::WithCallbackMethod_Pause<
                            v1::DeploymentService::WithCallbackMethod_Resume<
                                v1::DeploymentService::WithCallbackMethod_Promote<
                                    v1::DeploymentService::WithCallbackMethod_Abort<
                                        v1::DeploymentService::WithCallbackMethod_ListServices<
                                            v1::DeploymentService::Service>>>>>>>>>>>;

class DeploymentService final : public DeploymentServiceBase {
 public:
  DeploymentService(DeploymentManager& manager, Registry& registry, WatchHub& hub)
      : manager_(manager), registry_(registry), hub_(hub) {}

  grpc::ServerUnaryReactor* Deploy(grpc::CallbackServerContext* context,
                                   const v1::DeployRequest* request,
                                   v1::DeploymentState* response) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const v1::RollbackRequest* request,
                                     v1::DeploymentState* response) override;
  grpc::ServerUnaryReactor* GetState(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListStates(grpc::CallbackServerContext* context,
                                       const v1::ListStatesRequest* request,
                                       v1::ListStatesResponse* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStates(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* PlanDeployment(grpc::CallbackServerContext* context,
                                           const v1::DeployRequest* request,
                                           v1::PlanResponse* response) override;
  grpc::ServerUnaryReactor* Pause(grpc::CallbackServerContext* context,
                                  const v1::PauseRequest* request,
                                  v1::DeploymentState* response) override;
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context,
                                   const v1::ResumeRequest* request,
                                   v1::DeploymentState* response) override;
  grpc::ServerUnaryReactor* Promote(grpc::CallbackServerContext* context,
                                    const v1::PromoteRequest* request,
                                    v1::DeploymentState* response) override;
  grpc::ServerUnaryReactor* Abort(grpc::CallbackServerContext* context,
                                  const v1::AbortRequest* request,
                                  v1::DeploymentState* response) override;
  grpc::ServerUnaryReactor* ListServices(grpc::CallbackServerContext* context,
                                         const v1::ListServicesRequest* request,
                                         v1::ListServicesResponse* response) override;

 private:
  DeploymentManager& manager_;
  Registry& registry_;
  WatchHub& hub_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_DEPLOYMENT_SERVICE_H_
