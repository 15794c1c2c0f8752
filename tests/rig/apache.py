"""Starts Debian's Apache with given lines on loopback, for tests. Knows nothing of what is looked at."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rig.answering import await_port

APACHE = "/usr/sbin/apache2"
MODULES = "/usr/lib/apache2/modules"
# In the foreground, with few threads and nothing outside its folder.
CONFIGURATION = """\
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule rewrite_module {modules}/mod_rewrite.so
LoadModule ssl_module {modules}/mod_ssl.so
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
ServerName localhost
DocumentRoot {folder}/pages
<Directory {folder}/pages>
    Require all granted
</Directory>
User www-data
Group www-data
StartServers 1
MinSpareThreads 4
MaxSpareThreads 8
ThreadsPerChild 8
MaxRequestWorkers 8
KeepAlive Off
{lines}
"""


@contextmanager
def apache_folder(lines: str) -> Iterator[Path]:
    """A folder that its user may read, with apache.conf and a page."""
    folder = Path(tempfile.mkdtemp(prefix="apache-"))
    try:
        pages = folder / "pages"
        pages.mkdir()
        for one in (folder, pages):
            one.chmod(0o755)
        (pages / "index.html").write_text("It works\n")
        (folder / "apache.conf").write_text(CONFIGURATION.format(modules=MODULES, folder=folder, lines=lines))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def start_apache(lines: str, port: int, address: str = "127.0.0.1") -> Iterator[Path]:
    """Run it until the end of the block: its folder, with error.log. `lines`: `Listen ADDRESS:PORT` and the rest.

    Raises RuntimeError with its own complaint when it does not answer there.
    """
    with apache_folder(lines) as folder:
        complaint = folder / "stderr.log"
        command = [APACHE, "-f", str(folder / "apache.conf"), "-DFOREGROUND"]
        with complaint.open("wb") as stderr:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        try:
            await_port((address.strip("[]"), port), process, complaint, folder / "error.log")
            _await_serving(process, folder / "error.log")
            yield folder
        finally:
            process.terminate()
            process.wait(10)


def _await_serving(process: subprocess.Popen[bytes], log: Path) -> None:
    """It listens before it has read all that it is told."""
    while "resuming normal operations" not in (said := log.read_text(errors="replace")):
        if process.poll() is not None:
            raise RuntimeError(f"Apache does not start: {said}")
        time.sleep(0.02)
