"""The answer side of the web: knows a crowd and answers, never a person or an account."""
