# One image, two programs, each one file: `node operator.js` and `node webhook.js`. It runs as any user but root, on a
# read-only file system, and needs no shell. For another platform only this file's last stage is that platform's, and
# that runs nothing: no emulation is needed.
#
#   docker build --tag okta-role-operator .
#   docker run --rm okta-role-operator webhook.js --help

# What it runs on: a stage below, or any image that has Node 24.6 or a later 24 on its PATH.
ARG BASE=base
# What it is made with: a stage below, or an image with Node 24, npm and a shell. Nothing of it stays.
ARG BUILD_BASE=build-base

# Names of images stand in FROM and not in ARG, since Dependabot reads no others. A release takes what they lead to at that
# moment, by its digest: docs/releasing.md.
FROM node:24-bookworm-slim AS base
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build-base

FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node dev/bundle.ts /app

FROM ${BASE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="okta-role-operator" \
      org.opencontainers.image.description="Kubernetes operator and login webhook: people in these Okta groups hold these roles" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /app /app
WORKDIR /app
# One arena of malloc, since there is one thread that matters: others keep freed memory for themselves. Host names are
# looked up on half of the pool's threads: with Node's four, the name servers of one domain that don't answer would hold up
# everybody else.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=64
# By number, so that Kubernetes can tell that it isn't root.
USER 65532:65532
EXPOSE 8080 8081 8082
# Node's defaults are for machines with memory to spare. A small nursery keeps what is resident near to what is in use;
# of the container's limit the heap gets a larger share than Node's half. What comes of it: docs/benchmarks.md.
ENTRYPOINT ["node", "--max-semi-space-size=2", "--max-old-space-size-percentage=60"]
CMD ["operator.js"]
