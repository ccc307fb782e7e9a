# The guard flow and the `tidegate` command. Build: docker build -t tidegate .
FROM python:3.11-slim AS build
RUN python -m venv /opt/tidegate
WORKDIR /src
# Dependencies first: this layer is rebuilt only when the lock file changes. The lock is complete,
# so pip resolves nothing.
COPY requirements.lock .
RUN /opt/tidegate/bin/pip install --no-cache-dir --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY guardrails guardrails
COPY operators operators
COPY connectors connectors
COPY flows flows
RUN /opt/tidegate/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
# No shell, no home: the process writes only below /var/lib/tidegate (recovery, compiled rules).
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tidegate \
    && install --directory --owner tidegate --group tidegate /var/lib/tidegate
COPY --from=build /opt/tidegate /opt/tidegate
ENV PATH=/opt/tidegate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER tidegate
VOLUME /var/lib/tidegate
# `tidegate serve`; flows serve metrics only, at the port they are told.
EXPOSE 8080
# SIGTERM is the clean stop: sources end, a last snapshot is written.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tidegate"]
CMD ["--help"]
