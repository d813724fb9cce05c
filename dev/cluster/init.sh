#!/usr/bin/env bash
# The first process in the cluster's own network, mount and process namespaces. It starts everything else and starts
# again what ends; when it is killed, the kernel ends all the rest, containers included, and with the namespaces go
# their mounts, interfaces and packet filter rules. cluster.ts starts it, and sets the variables used here.
set -euo pipefail
umask 022

# What containerd, kubelet and the CNI plugins leave outside the folders that they are given.
mkdir -p /var/lib/cni
for folder in /run /var/log /var/lib/cni; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done

# A control group to itself, in each hierarchy (version 1) or in the only one (version 2).
for group in $CGROUPS; do mkdir -p "$group"; done

ip link set lo up
# Without an address of its own a bridge takes that of the first pod, and changes it with every other.
ip link add cni0 address 0a:58:0a:f4:00:01 type bridge
ip address add "$NODE_IP/24" dev cni0
ip link set cni0 up
sysctl -qw net.ipv4.ip_forward=1
until ip link set link0 up 2> /dev/null; do sleep 0.05; done # cluster.ts puts the link in
ip address add "$LINK_IP" dev link0
# Until kube-proxy knows a service, what is sent to it ends here.
ip route add "$SERVICES" dev cni0

# keep NAME COMMAND...: runs it, in the background, again and again
keep() {
  local name=$1
  shift
  while :; do
    "$@" < /dev/null >> "$FOLDER/logs/$name.log" 2>&1 || true
    echo "--- $name ended; starting it again" >> "$FOLDER/logs/$name.log"
    sleep 0.5
  done &
}

keep etcd "$ETCD" --data-dir "$FOLDER/etcd" --unsafe-no-fsync --log-level=warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380
keep containerd containerd --config "$FOLDER/containerd.toml"
keep kube-apiserver "$KUBE_APISERVER" --etcd-servers=http://127.0.0.1:2379 \
  --bind-address=0.0.0.0 --secure-port="$API_PORT" --advertise-address="$NODE_IP" \
  --tls-cert-file="$PKI/api-server.crt" --tls-private-key-file="$PKI/api-server.key" \
  --client-ca-file="$PKI/cluster.crt" --authorization-mode=RBAC \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file="$PKI/service-accounts.pub" \
  --service-account-signing-key-file="$PKI/service-accounts.key" \
  --kubelet-preferred-address-types=InternalIP --kubelet-certificate-authority="$PKI/cluster.crt" \
  --kubelet-client-certificate="$PKI/admin.crt" --kubelet-client-key="$PKI/admin.key" \
  --service-cluster-ip-range="$SERVICES" --profiling=false

until "$KUBECTL" --kubeconfig "$FOLDER/inside.kubeconfig" get --raw /readyz > /dev/null 2>&1; do sleep 0.1; done
keep kube-controller-manager "$KUBE_CONTROLLER_MANAGER" --kubeconfig "$FOLDER/inside.kubeconfig" \
  --root-ca-file="$PKI/cluster.crt" --service-account-private-key-file="$PKI/service-accounts.key" \
  --use-service-account-credentials --leader-elect=false --bind-address=127.0.0.1
keep kube-scheduler "$KUBE_SCHEDULER" --kubeconfig "$FOLDER/inside.kubeconfig" --leader-elect=false \
  --bind-address=127.0.0.1
# The kernel's limits on connections are the whole machine's: they stay as they are.
keep kube-proxy "$KUBE_PROXY" --kubeconfig "$FOLDER/inside.kubeconfig" --proxy-mode=iptables \
  --hostname-override="$NODE_NAME" --conntrack-max-per-core=0 --conntrack-min=0 \
  --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
keep coredns "$COREDNS" -conf "$FOLDER/Corefile"
keep kubelet "$KUBELET" --kubeconfig "$FOLDER/inside.kubeconfig" --config "$FOLDER/kubelet.yaml" \
  --root-dir "$FOLDER/kubelet" --hostname-override="$NODE_NAME" --node-ip="$NODE_IP"

# A shell without children to wait for would end, and bash reaps what containers leave behind only while it waits.
while :; do wait || true; done
