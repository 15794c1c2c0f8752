"""Starts a scan of ours as the command line starts: nobody looks for cycles while the program is loaded."""

from __future__ import annotations

from auditor.cycles import collect_seldom


def main() -> None:
    collect_seldom()
    from bench.tls_peers_ours import main as scan

    scan()


if __name__ == "__main__":
    main()
