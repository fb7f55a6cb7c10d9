"""The built-in adapters: one platform each, found by entry point like anybody else's."""
