"""How do consultations end, move on and come back by themselves?"""
