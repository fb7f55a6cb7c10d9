"""When is the library open?"""
