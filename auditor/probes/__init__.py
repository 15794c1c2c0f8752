"""What looks: each probe a thin fetch through `reach` and pure parsing. Knows no check."""
