"""How is a consultation's numbered log kept, read and shown?"""
