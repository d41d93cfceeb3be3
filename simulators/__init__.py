"""Simulators: a property that does not exist, behaving as if it did.

Promises: fleets speak the same MQTT contract as real devices, through real credentials; the same seed gives the same
day. Leaves to others: how each kind behaves (`devices`), judging anything. Production code never imports this package.
"""
