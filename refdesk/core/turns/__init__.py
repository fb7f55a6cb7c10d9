"""What happens between the acceptance of a message and what is written of it?"""
