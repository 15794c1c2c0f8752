"""Real servers for tests and for the embedded city, good and bad, on loopback only. Never part of looking."""
