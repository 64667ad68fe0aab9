# The SIP proxy before several nodes.
FROM debian:bookworm-slim
ARG IVR_UID=5060
RUN apt-get update \
    && apt-get install --yes --no-install-recommends kamailio tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/ldconfig /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/* /etc/kamailio/* \
        /usr/share/doc /usr/share/man /usr/share/locale \
    && groupadd --gid "$IVR_UID" ivr \
    && useradd --uid "$IVR_UID" --gid ivr --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ivr
COPY kamailio/kamailio.cfg /etc/kamailio/kamailio.cfg
COPY --chmod=0755 kamailio/run.sh /usr/local/bin/kamailio-run
USER ivr
ENTRYPOINT ["tini", "--", "kamailio-run"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["kamcmd", "-s", "unix:/run/kamailio/ctl", "core.uptime"]
