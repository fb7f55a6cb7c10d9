"""How is a running server, for those who look after it?"""
