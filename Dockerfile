# One file for both programs: `--target hub` is the hub, `--target node` a member's node.
#
# The base is the Python and the Debian that the tests run on. Packages come from the lock files with their hashes,
# from whatever registry the builder's pip is set to; no address stands here.

FROM python:3.11.14-slim-bookworm AS base
ENV LANG=C.UTF-8 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1

# The hub's packages, and the project as a wheel. The build tool itself comes from the hub's lock.
FROM base AS hub-packages
WORKDIR /src
RUN python -m venv /opt/commons
COPY config/requirements-hub.lock config/
RUN /opt/commons/bin/pip install --require-hashes -r config/requirements-hub.lock
COPY pyproject.toml README.md ./
COPY shared shared/
COPY nodes nodes/
COPY federation federation/
RUN /opt/commons/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/commons/bin/pip install --no-deps --no-index /wheels/*.whl

# The node's packages: no object-store client, no database driver, no search engine.
FROM base AS node-packages
WORKDIR /src
RUN python -m venv /opt/commons
COPY config/requirements-node.lock config/
RUN /opt/commons/bin/pip install --require-hashes -r config/requirements-node.lock
COPY --from=hub-packages /wheels /wheels
RUN /opt/commons/bin/pip install --no-deps --no-index /wheels/*.whl

# What runs: no build tools, and a user that owns nothing but the data folder.
FROM base AS runtime
RUN groupadd --gid 10001 commons \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin commons \
 && install -d -o commons -g commons -m 0750 /var/lib/commons
ENV PATH=/opt/commons/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/commons
VOLUME /var/lib/commons

FROM runtime AS node
COPY --from=node-packages /opt/commons /opt/commons
ENV COMMONS_NODE_DATA=/var/lib/commons
USER 10001:10001
EXPOSE 8600
ENTRYPOINT ["commons-node"]
CMD ["serve"]

# LibreOffice, with which the worker makes PDFs of slides and papers, is no part of the image by default:
# `--build-arg OFFICE=yes` adds it. What else the worker then needs is said in docs/architecture.md.
FROM runtime AS hub
ARG OFFICE=
RUN if [ -n "$OFFICE" ]; then apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap fonts-noto-cjk libreoffice-impress-nogui libreoffice-writer-nogui \
 && rm -rf /var/lib/apt/lists/*; fi
COPY --from=hub-packages /opt/commons /opt/commons
ENV COMMONS_VAR=/var/lib/commons
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["commons-hub"]
CMD ["web"]
