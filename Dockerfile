# The service, small: `docker build .`. With the tests in it: `docker build --target tested .`, as service `app` of compose.
FROM python:3.13-slim AS built
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
COPY requirements requirements
RUN python -m venv --without-pip /opt/doorward \
 && pip --python /opt/doorward/bin/python install --require-hashes -r requirements/all.txt \
 && pip install --require-hashes -r requirements/build.txt
# Empty: Argon2 as it comes, for any processor. Else it is built with these flags (docs/scaling.md).
ARG ARGON2_CFLAGS=
COPY scripts/build_argon2 scripts/build_argon2
RUN test -z "$ARGON2_CFLAGS" || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev \
 && PIP="pip --python /opt/doorward/bin/python" scripts/build_argon2; }
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/doorward/bin/python install --no-deps --no-index /wheels/*.whl

FROM built AS developed
COPY requirements/dev.txt requirements/dev.txt
RUN pip --python /opt/doorward/bin/python install --require-hashes -r requirements/dev.txt

FROM python:3.13-slim AS base
ENV PATH=/opt/doorward/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TMPDIR=/run/doorward
RUN useradd --system --uid 10001 --home-dir /var/lib/doorward --create-home doorward \
 && install -d -o doorward -g doorward -m 0700 /run/doorward /var/lib/doorward
USER 10001:10001
VOLUME /var/lib/doorward
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]

FROM base AS tested
COPY --from=developed /opt/doorward /opt/doorward
COPY . /srv/doorward
WORKDIR /srv/doorward
ENV PYTEST_ADDOPTS="-p no:cacheprovider" HYPOTHESIS_STORAGE_DIRECTORY=/run/doorward/hypothesis
CMD ["doorward", "serve", "--host", "0.0.0.0", "--migrate"]

FROM base AS service
COPY --from=built /opt/doorward /opt/doorward
WORKDIR /var/lib/doorward
CMD ["doorward", "serve", "--host", "0.0.0.0", "--migrate"]
