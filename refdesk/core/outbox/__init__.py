"""How does what was said get to a platform, and what becomes of it there?"""
