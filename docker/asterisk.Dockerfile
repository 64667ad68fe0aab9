# Asterisk 22 as Debian packages it; only sid has it. Its configuration and sounds come from `ivr asterisk-files`.
# The user has the same number as the hotline's: both write the recorded messages.
FROM debian:sid-slim
ARG IVR_UID=5060
RUN apt-get update \
    && apt-get install --yes --no-install-recommends asterisk asterisk-core-sounds-en-wav asterisk-moh-opsound-wav ca-certificates tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/ldconfig /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/* /etc/asterisk/* \
        /usr/share/doc /usr/share/man /usr/share/locale \
    && groupadd --gid "$IVR_UID" ivr \
    && useradd --uid "$IVR_UID" --gid ivr --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ivr \
    && install -d /opt/asterisk \
    && ln -s /usr/lib/*-linux-gnu/asterisk/modules /opt/asterisk/modules \
    && ln -s /usr/share/asterisk/moh /opt/asterisk/music \
    && ln -s /usr/share/asterisk/sounds/en_US_f_Allison /opt/asterisk/sounds \
    && ln -s /usr/share/asterisk/documentation /opt/asterisk/documentation \
    && install -d -o ivr -g ivr -m 0700 /srv/asterisk /srv/asterisk/etc /srv/asterisk/data /srv/asterisk/lib /var/lib/ivr
COPY --chmod=0755 docker/asterisk-run.sh /usr/local/bin/asterisk-run
USER ivr
WORKDIR /srv/asterisk
ENTRYPOINT ["tini", "--", "asterisk-run"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["asterisk", "-C", "/srv/asterisk/etc/asterisk.conf", "-rx", "core waitfullybooted"]
