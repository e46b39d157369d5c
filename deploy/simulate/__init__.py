"""A simulated ward after CAR-T infusion: hidden courses, and what machines and people make of them.

None of it is data of a patient, and nothing clinical may be learnt from it.
"""
