"""The ways to TLS on ports that begin in the clear: one dialogue a protocol, without I/O, and what carries them.

No dialogue logs in, names a sender or changes anything: each greets, asks what is offered, and asks for TLS.
"""
