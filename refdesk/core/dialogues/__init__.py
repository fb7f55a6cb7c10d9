"""How does a reader fill in a plugin's form?"""
