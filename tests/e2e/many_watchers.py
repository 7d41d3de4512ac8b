# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Many watchers in a process of their own, every second of which never reads.

usage: many_watchers.py STUBS ADDRESS CHANNELS STREAMS_EACH DEPLOYMENTS
Prints "connected", then "done" once each reader has seen that many deployments end, and keeps
all streams open until it is killed.
"""
import asyncio
import sys

import grpc


def open_stream(channel, service):
    """A watch whose answers stay bytes, and unread until somebody asks for them."""
    method = channel.unary_stream(
        "/sluice.v1.DeploymentService/WatchStates",
        request_serializer=service.WatchStatesRequest.SerializeToString)
    return method(service.WatchStatesRequest())


async def read_to_the_end(stream, service, terminal, deployments):
    ended = set()
    while len(ended) < deployments:
        state = service.WatchStatesResponse.FromString(await stream.read()).state
        if state.status in terminal:
            ended.add(state.id)


async def watch(address, channels, streams_each, deployments):
    from sluice.v1 import deployment_pb2 as records, deployment_service_pb2 as service
    terminal = {records.STATUS_COMPLETED, records.STATUS_FAILED, records.STATUS_ROLLED_BACK}
    # Without a pool of their own the channels would share one connection.
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    opened = [grpc.aio.insecure_channel(address, options=options) for _ in range(channels)]
    streams = [open_stream(channel, service) for channel in opened for _ in range(streams_each)]
    for stream in streams:
        await stream.wait_for_connection()
    print("connected", flush=True)
    await asyncio.gather(*(read_to_the_end(stream, service, terminal, deployments)
                           for stream in streams[::2]))
    print("done", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    asyncio.run(watch(sys.argv[2], *map(int, sys.argv[3:])))
