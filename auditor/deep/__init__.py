"""Programs for the deep environment's Python, each one file by itself. `auditor` starts them and imports none."""
