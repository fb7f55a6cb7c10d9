"""The web server, the shared layout of its pages, and staff sign-in."""
