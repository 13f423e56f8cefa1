# The device package with MQTT, metrics and the page, for linux/arm64 and linux/amd64; see docs/container.md.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY constraints/workstation.txt constraints/workstation.txt
COPY edge_siamese edge_siamese
COPY converter converter
COPY firmware_tools firmware_tools
COPY benchmarks benchmarks
RUN python -m venv /opt/edge-siamese \
    && /opt/edge-siamese/bin/pip install --no-cache-dir --disable-pip-version-check \
        --constraint constraints/workstation.txt ".[mqtt,metrics,web,gpio]"

FROM python:3.13-slim-bookworm
RUN groupadd --system --gid 10001 edge-siamese \
    && useradd --system --uid 10001 --gid edge-siamese --groups video --home-dir /data --no-create-home edge-siamese \
    && install --directory --owner=edge-siamese --group=edge-siamese --mode=0700 /data
COPY --from=build /opt/edge-siamese /opt/edge-siamese
# Nothing is written outside of /data and /tmp, so the root file system can be read-only.
ENV PATH=/opt/edge-siamese/bin:$PATH HOME=/data PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    EDGE_SIAMESE_CONFIG=/data/edge-siamese.toml
WORKDIR /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["edge-siamese"]
CMD ["run"]
