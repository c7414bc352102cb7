"""The same six studies written plainly without Études, for comparison.

Each module has one function `measure`, which runs in a process of its own and gives a record of JSON values. A peer is
written from the description of 2017 as one would write it today, and tuned to the machine where that is one line
(threads, memory layout). None of them imports Études.
"""
