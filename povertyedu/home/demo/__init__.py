"""The fictional county 云岭县 (529901): who lives and learns there, told as workbooks, accounts and batches.

``places`` and ``people`` are plain Python and know no database; ``workbooks`` writes what they say as the
workbooks a real county hands in; ``build`` imports those through the same door as everybody. Everything
follows from one seed, so two counties of one size are the same to the digit.
"""
