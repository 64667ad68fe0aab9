# The hotline itself: serve, worker, console, and every command. One image, one user, nothing of it writable.
FROM debian:bookworm-slim AS packages
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv
COPY requirements/production.txt /
# Where a proxy speaks TLS with a certificate of its own, its authority is given as the secret "ca" (docs/compose.md); it stays out of the image.
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv --without-pip /opt/ivr/venv \
    && python3 -m venv /pip \
    && /pip/bin/pip --python /opt/ivr/venv/bin/python install --quiet --no-cache-dir --no-compile --only-binary :all: \
        --require-hashes --requirement /production.txt
COPY ivr /opt/ivr/ivr
COPY dialplan /opt/ivr/dialplan
COPY asterisk-conf /opt/ivr/asterisk-conf
ARG SOURCE_DATE_EPOCH=0
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/ivr \
    && find /opt/ivr -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

FROM debian:bookworm-slim
ARG IVR_UID=5060
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 ca-certificates tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/ldconfig /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/* \
        /usr/share/doc /usr/share/man /usr/share/locale \
    && groupadd --gid "$IVR_UID" ivr \
    && useradd --uid "$IVR_UID" --gid ivr --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ivr \
    && install -d -o ivr -g ivr -m 0700 /srv/asterisk /srv/asterisk/etc /srv/asterisk/data /var/lib/ivr
COPY --from=packages /opt/ivr /opt/ivr
COPY --chmod=0755 docker/ivr.sh /usr/local/bin/ivr
COPY --chmod=0755 docker/healthy.py /usr/local/bin/healthy
ENV PYTHONPATH=/opt/ivr PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 IVR_STATE_FOLDER=/var/lib/ivr
USER ivr
WORKDIR /var/lib/ivr
ENTRYPOINT ["tini", "--", "ivr"]
