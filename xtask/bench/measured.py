#!/usr/bin/env python3
"""Run a command and print what it cost: CPU seconds, wall seconds, peak memory in KiB, exit code (-1: cut off).

  measured.py LIMIT_SECONDS COMMAND…

Peak memory is that of the largest process. Standard library only.
"""
import os
import resource
import signal
import subprocess
import sys
import time

limit, command = float(sys.argv[1]), sys.argv[2:]
start = time.monotonic()
child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
try:
    code = child.wait(timeout=limit)
except subprocess.TimeoutExpired:
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    code = -1
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss, code)
