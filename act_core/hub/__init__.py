"""The Hugging Face Hub: find, check, download, log in, publish."""
