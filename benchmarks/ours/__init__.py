"""What Études does, each in a process of its own, through the functions that its users call."""
