# An image of migrate with nothing else in it: the program, the libraries that it loads, certificates. It was not built where it was written;
# tools/rootfs, which makes its files, is tried by tests/cli/rootfs.bats.
#
#   docker build -t migrate .
#   docker run --rm -v "$PWD:/work:ro" -e DATABASE_URL migrate up
#
# No pg_dump and no server is in it: dump, load, rehearse and ephemeral: are for an image of your own on top of postgres.
FROM debian:12-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
# Versions are those of Debian 12 with its security updates.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates gcc libc6-dev libcurl4-openssl-dev libexpat1-dev libjansson-dev libpcre2-dev libpq-dev libsqlite3-dev libssl-dev \
        libyaml-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY completions completions
COPY rules rules
COPY src src
COPY tools tools
RUN make -j "$(nproc)" BUILD=build/image WERROR= build/image/migrate-static \
    && strip build/image/migrate-static \
    && build/image/migrate-static rules test --no-config \
    && tools/rootfs build/image/migrate-static /image

FROM scratch
COPY --from=build /image /
# The journal of runs goes with the container, unless a volume is there.
ENV XDG_STATE_HOME=/tmp HOME=/work
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/usr/bin/migrate"]
CMD ["help"]
