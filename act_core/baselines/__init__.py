"""Other ways to merge, as candidates beside our own: by mergekit, and by papers' formulas."""
