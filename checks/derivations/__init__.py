"""What several checks conclude first: pure functions from facts to further facts."""
