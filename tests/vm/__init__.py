"""Whole servers: guests with really encrypted disks, looked at over SSH by the program as it is. `make test-vm`."""
