"""How are plugins found, called, watched and switched, so that a bad one costs only itself?"""
