"""Who are the librarians, what may they do, and what do they do with a consultation?"""
