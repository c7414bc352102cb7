"""The tabs of the page, one file each: what is laid out, and what happens when somebody does something."""
