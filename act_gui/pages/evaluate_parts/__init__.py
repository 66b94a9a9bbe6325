"""Parts of the page Evaluate: the browser of samples."""
