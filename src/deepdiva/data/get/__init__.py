"""Where data sets come from: published ones, drawn ones, archives at an address, the Hugging Face hub.

Nothing here goes to the network but for the command `deepdiva data get`, and nothing that comes
from there is looked into before its checksum was compared.
"""
