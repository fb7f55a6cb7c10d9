"""What does an adapter implement, and what does it get?"""
