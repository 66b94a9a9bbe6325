"""Parts of the page Analysis."""
