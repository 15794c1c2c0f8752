"""A round trip that takes its time, where the kernel has no sch_netem: a TUN device, and a process that holds packets.

`with delay_line(20):` lets each packet to or from 127.0.1.0/24 of this network namespace leave by the device. The
process hands it back half of the milliseconds later, and it arrives as ever. `python -m bench.delay_line DEVICE MS` is
that process. As root, in a namespace of its own: routing of the whole namespace is changed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NETWORK = "127.0.1.0/24"  # where the servers of the bench are
DEVICE = "delay0"
TABLE = "100"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
PACKET = 65_536
AT_ONCE = 64  # packets read before the clock is looked at again
SETTINGS = {
    f"conf/{DEVICE}/route_localnet": "1",  # addresses of 127.0.0.0/8 may come from a device
    f"conf/{DEVICE}/accept_local": "1",  # and be our own
    f"conf/{DEVICE}/rp_filter": "0",
    "conf/all/rp_filter": "0",
    "ip_local_port_range": "1024 65000",
}
# The table of local addresses is asked after ours: else nothing would ever leave.
ROUTES = (
    f"link set {DEVICE} mtu 1500 txqueuelen 20000 up",
    "rule add pref 1000 lookup local",
    f"rule add pref 101 iif lo to {NETWORK} lookup {TABLE}",
    f"rule add pref 102 iif lo from {NETWORK} lookup {TABLE}",
    f"route add default dev {DEVICE} src 127.0.0.1 table {TABLE}",
    "rule del pref 0",
)


@contextmanager
def delay_line(rtt_ms: float) -> Iterator[None]:
    """Raises RuntimeError where it cannot be laid; undoes nothing, since the namespace ends with the bench."""
    command = [sys.executable, "-m", "bench.delay_line", DEVICE, f"{rtt_ms / 2:g}"]
    line = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        _wait_for_device(line)
        for words in ROUTES:
            subprocess.run(["ip", *words.split()], check=True)
        for name, value in SETTINGS.items():
            Path("/proc/sys/net/ipv4", name).write_text(value)
        yield
    finally:
        line.terminate()
        line.wait(10)


def hold_packets(device: str, delay_ms: float) -> None:
    """Until it is terminated."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    with suppress(OSError):
        os.nice(-20)  # it is the network, and has to be on time
    held: deque[tuple[float, bytes]] = deque()
    while True:
        while held and held[0][0] <= time.monotonic():
            _hand_back(tun, held.popleft()[1])
        select.select([tun], [], [], max(0.0, held[0][0] - time.monotonic()) if held else None)
        due = time.monotonic() + delay_ms / 1000
        held.extend((due, packet) for packet in _arrived(tun))


def _hand_back(tun: int, packet: bytes) -> None:
    try:
        os.write(tun, packet)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOBUFS, errno.EIO):  # no IP packet, no room, device down
            raise


def _arrived(tun: int) -> list[bytes]:
    packets: list[bytes] = []
    with suppress(BlockingIOError):
        while len(packets) < AT_ONCE:
            packets.append(os.read(tun, PACKET))
    return packets


def _wait_for_device(line: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and line.poll() is None:
        if Path("/proc/sys/net/ipv4/conf", DEVICE).exists():
            return
        time.sleep(0.02)
    raise RuntimeError("the delay line was not laid: it wants root, /dev/net/tun and a network namespace of its own")


if __name__ == "__main__":
    hold_packets(sys.argv[1], float(sys.argv[2]))
