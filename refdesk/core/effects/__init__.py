"""How does something happen outside, or later, and only once?"""
