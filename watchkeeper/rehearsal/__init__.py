"""Rehearsals: the whole of alerting at work in simulated time, without a broker and without waiting.

Promises: the parts are the real ones (watchroom, desk, a SQLite ledger in a folder of its own, the shipped config);
only time, the wire, receivers (`post`) and the people are played. A scenario plays a script (`script`), or plays it on
a server that runs (`live`); a chance day plays what a seed gives (`day`, its people `hands`) and is audited after every
step (`audit`). Leaves to others: what a scenario says (`simulators.scenario`), reading its file
(`watchkeeper.config_scenarios`), the commands.
"""
