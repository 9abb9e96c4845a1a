"""The seconds of the CPU of a command, whatever becomes of the processes that it starts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes as Linux shows them")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
BURNT = 0.4  # seconds
START = f"""
import signal, subprocess, sys
brief = ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"]
burn = [sys.executable, "-c", "import time\\nwhile time.process_time() < {BURNT}: pass"]
"""
ENDS = {
    "waited for": "subprocess.run(burn)",
    "left behind": "subprocess.Popen(burn)",
    "by one that ended": "subprocess.run(['sh', '-c', '\"$0\" \"$@\" & wait', *burn])",
    "shorter than a look": "for i in range(20): subprocess.run(brief)",
    "told nobody": "signal.signal(signal.SIGCHLD, signal.SIG_IGN); subprocess.Popen(burn).wait()",
}
MEASURE = """
import json, resource, sys
from pathlib import Path
from batch import measure
taken = measure([[sys.executable, "-c", sys.argv[1]]], Path())
system = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([taken.cpu, system.ru_utime + system.ru_stime]))
"""


@pytest.mark.parametrize("end", ENDS)
def test_processes_that_ended_are_counted(end):
    command = [sys.executable, "-c", MEASURE, START + ENDS[end]]
    run = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=True)
    counted, system = json.loads(run.stdout)
    if end == "told nobody":  # the system does not know either
        assert system + BURNT - 0.15 < counted < system + BURNT + 0.15
    else:
        assert system > BURNT / 2
        assert abs(counted - system) < 0.12
