"""How is a deployment copied while it runs, and brought back?"""
