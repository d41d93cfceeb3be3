"""Devices: one file or folder a family of kinds, and what all kinds share: decoding, simulated behaviour, schema.

Promises: a new kind is one new file that defines `KINDS`; `devices.registry.kinds()` finds it. How to write one is in
`devices/README.md`. Leaves to others: judging rules (`alerting`), running simulated fleets (`simulators`).
"""
