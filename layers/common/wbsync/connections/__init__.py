"""The two other worlds as a function's environment describes them, each in a file of its own and connected once per
process: what a function does not talk to, its start does not pay for.
"""
