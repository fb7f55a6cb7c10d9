"""Where are readers' addresses kept, and how is a reader forgotten?"""
