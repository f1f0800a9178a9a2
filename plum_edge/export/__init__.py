"""An adapter on its way out and in: translated between forms, exported as a folder, received from one.

Every way ends in a proof that what was written computes what was meant. How the forms are written is told by convert/.
"""
