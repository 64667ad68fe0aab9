"""What a process used, from Linux."""

import time
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Processor time of the process so far, its own and the kernel's for it, to the nanosecond (``clock_getcpuclockid(3)``)."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_megabytes(pid: int) -> float:
    """Memory of the process that is in RAM."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
