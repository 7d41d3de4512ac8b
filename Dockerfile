# Builds Sluice from source and runs the daemon as an ordinary user. It listens on a Unix socket; for
# TCP give it a configuration with listen.tls and access, or, where the network is trusted:
# docker run ... --listen 0.0.0.0:7400 --insecure-listen. Records are kept with a volume on
# /var/lib/sluice and --data-dir /var/lib/sluice.
FROM debian:bookworm-slim AS build
WORKDIR /src
# What the build needs changes seldom: a layer of its own.
COPY dev ./
RUN ./dev packages
COPY . .
RUN ./dev build release sluiced sluice \
    && DESTDIR=/image cmake --install build/release --prefix /usr --strip

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libgrpc++1.51 libprotobuf32 libspdlog1.10 libsqlite3-0 libssl3 \
        libyaml-cpp0.7 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/sluice --create-home sluice \
    && install -d -o sluice -g sluice -m 0750 /run/sluice /etc/sluice
COPY --from=build /image/usr /usr
USER sluice
WORKDIR /var/lib/sluice
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["sluice", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sluiced"]
