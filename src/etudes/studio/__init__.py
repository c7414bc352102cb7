"""The studio: the études in a browser. Its server never imports Keras.

What needs a network happens in child processes: `worker.py` keeps trained networks loaded and answers, and a training
run is the command `etudes train`. The page shows what is in the run folders.
"""
