"""The rules: one module per family, one pure function per check. Nobody imports it but its tests and the entry points."""
