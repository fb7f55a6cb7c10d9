"""Which days does a text name, in English and in Chinese? (pure)"""
