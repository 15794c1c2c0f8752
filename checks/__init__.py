"""The rules: a module per family, a pure function per check. Nobody imports it but its tests and the entry points."""
