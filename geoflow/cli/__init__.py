"""The command line: ``geoflow film | point | wires | verify | doctor``.

Exit 0 done, 1 failed, 2 bad input, 130 interrupted, 143 terminated.
"""
