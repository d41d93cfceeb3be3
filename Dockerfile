# Watchkeeper in one small image: every role is a command of it. Non-root; runs with a read-only root file system.

FROM node:20.19-bookworm-slim AS console
WORKDIR /build
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN npm ci
COPY console/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapters/ adapters/
COPY alerting/ alerting/
COPY api/ api/
COPY devices/ devices/
COPY domain/ domain/
COPY ingest/ ingest/
COPY simulators/ simulators/
COPY watchkeeper/ watchkeeper/
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . && /venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
# Volumes take owner and mode from here when they are first mounted.
RUN useradd --uid 10001 --create-home --home-dir /state watchkeeper \
 && install -d -o 10001 -g 10001 -m 700 /broker-accounts /broker-data
COPY --from=packages /venv /venv
COPY --from=packages /app /app
COPY --from=console /build/dist /app/console/dist
COPY config/ /app/config/
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 WATCHKEEPER_DATA=/state WATCHKEEPER_LOG_FORMAT=json
USER 10001:10001
VOLUME /state
ENTRYPOINT ["watchkeeper"]
CMD ["--help"]
