"""THROUGH: the training session, the backend, the state of networks."""
