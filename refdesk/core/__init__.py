"""The core: what happens to a message between a platform and an answer."""
