# Two network namespaces as two hosts with a link between them, fc-a and fc-b. Sourced by scripts/test-mpi.
# shellcheck shell=bash

# Makes them; fails with a sentence where that is not permitted. They are removed at exit.
two_hosts() {
    if ! command -v ip >/dev/null || ! ip netns add fc-probe 2>/dev/null; then
        say 'skipped: network namespaces need iproute2 and the rights of root'
        return 1
    fi
    ip netns del fc-probe
    remove_hosts
    trap remove_hosts EXIT
    local host
    for host in a b; do ip netns add "fc-$host"; done
    ip link add fc-a0 netns fc-a type veth peer name fc-b0 netns fc-b
    ip -n fc-a addr add 10.77.0.1/24 dev fc-a0
    ip -n fc-b addr add 10.77.0.2/24 dev fc-b0
    for host in a b; do
        ip -n "fc-$host" link set lo up
        ip -n "fc-$host" link set "fc-${host}0" up
    done
    # Starts a command on a host, as ssh does.
    cat >two-hosts-agent <<'END'
#!/bin/sh
case $1 in 10.77.0.2) host=fc-b ;; *) host=fc-a ;; esac
shift
exec ip netns exec "$host" unshare --uts sh -c "hostname $host; $*"
END
    chmod +x two-hosts-agent
}

remove_hosts() {
    ip netns del fc-a 2>/dev/null || true
    ip netns del fc-b 2>/dev/null || true
}

# A command on one rank of each host. The launcher notices a broken network after seven seconds, not after minutes.
mpirun_on_two_hosts() {
    local net=10.77.0.0/24
    ip netns exec fc-a unshare --uts sh -c 'hostname fc-a; exec "$@"' sh \
        mpirun --mca plm_rsh_agent "$PWD/two-hosts-agent" --mca oob_tcp_if_include $net --mca btl tcp,self \
        --mca btl_tcp_if_include $net --mca oob_tcp_keepalive_time 3 --mca oob_tcp_keepalive_intvl 1 \
        --mca oob_tcp_keepalive_probes 4 --host 10.77.0.1:1,10.77.0.2:1 -x PATH -x XDG_RUNTIME_DIR -n 2 "$@"
}

cut_link() { ip -n fc-a link set fc-a0 down; }
