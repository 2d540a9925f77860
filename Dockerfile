# One image with all four binaries: ingest, evaluator, notifier and saker. See docs/containers.md.
# Built by BuildKit and by the classic builder alike: `docker build -t saker .`

FROM rust:1.95-slim-bookworm AS toolchain
WORKDIR /src
ENV RUSTFLAGS="-C target-feature=+crt-static" \
    CARGO_INCREMENTAL=0 \
    CARGO_TERM_COLOR=never \
    CARGO_PROFILE_RELEASE_DEBUG=false \
    CARGO_PROFILE_RELEASE_STRIP=debuginfo

# What decides which crates are built: manifests, the lock file, and sources that say nothing. The next stage copies
# this and is built again only where it differs.
FROM toolchain AS manifests
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path '*/src/lib.rs' ! -path '*/src/main.rs' \
        ! -path '*/benches/*.rs' ! -name build.rs -delete \
    && find . -name lib.rs | while read -r file; do echo '//! Nothing.' >"$file"; done \
    && find . -name '*.rs' ! -name lib.rs | while read -r file; do printf '//! Nothing.\nfn main() {}\n' >"$file"; done

# The crates of others. --target keeps the static linking to what runs in the image.
FROM toolchain AS dependencies
COPY --from=manifests /src .
RUN cargo build --release --locked --target host-tuple -p saker -p ingest -p evaluator -p notifier

FROM dependencies AS build
COPY . .
# Files keep the times they have outside, which may be earlier than that of the build above.
RUN find . -path ./target -prune -o -type f -exec touch {} + \
    && cargo build --release --locked --target host-tuple -p saker -p ingest -p evaluator -p notifier \
    && mkdir -p /image/usr/local/bin /image/etc/ssl/certs /image/tmp /image/var/lib/saker \
    && for binary in saker ingest evaluator notifier; do \
         cp target/*/release/$binary /image/usr/local/bin/; \
       done \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'saker:x:65532:65532::/var/lib/saker:/sbin/nologin' >/image/etc/passwd \
    && echo 'saker:x:65532:' >/image/etc/group \
    && chmod 1777 /image/tmp \
    && chown 65532:65532 /image/var/lib/saker

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Saker" \
      org.opencontainers.image.description="Kubernetes audit events in, alerts out: webhook, Falco rules and sinks" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /var/lib/saker
# Of each setting the value that a container needs: its loopback reaches nobody.
ENV PATH=/usr/local/bin \
    SAKER_ADMIN_LISTEN=0.0.0.0:9464 \
    SAKER_INGEST_LISTEN=0.0.0.0:8765 \
    SAKER_NOTIFIER_GRPC_LISTEN=0.0.0.0:5060
EXPOSE 5060 8765 9464
# Whichever of the binaries runs: it is asked at SAKER_ADMIN_LISTEN.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["saker", "up", "--health"]
CMD ["saker"]
