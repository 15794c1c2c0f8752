"""Other tools' exports → facts: one module for each format, and what they share. Pure; judges nothing."""
