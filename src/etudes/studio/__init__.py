"""The browser's door: a page on which the études are used and trained. It never imports Keras.

What needs a network happens in child processes: `worker.py` keeps trained ones loaded and answers, and trainings are
the command `etudes train` itself. The page reads run folders, as everything after a training does.
"""
