"""The broker: our MQTT 5 session, and the two brokers that `watchkeeper run` can start.

Promises: `session` implements the ports of `domain.ports.broker`; `mosquitto` and `embedded` write what a broker
needs and say the command that runs it; `credentials` says who may sign in. Leaves to others: running processes.
"""
