"""What one can do with a study: one verb, one file. Terminal, studio and Python all call these functions.

`loading.py` opens a run and builds its networks, `artifacts.py` keeps what an action returned beside its run.
"""
