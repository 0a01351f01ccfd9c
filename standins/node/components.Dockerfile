# One image for everything that runs as a pod of kube-system; its file system holds each program under its own name.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends iptables nftables conntrack kmod ipset \
    && rm -rf /var/lib/apt/lists/*
COPY bin/ /usr/local/bin/
RUN ln -s /usr/local/bin/coredns /coredns && ln -s /usr/local/bin/pause /pause
