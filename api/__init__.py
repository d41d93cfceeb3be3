"""The HTTP side: REST and the event stream, accounts, readiness, and the console's files.

Promises: every path but health and sign-in needs a token or a session; people act on alarms and work orders only
through the desk; errors are RFC 9457 problem documents. Leaves to others: deciding (`alerting`), keeping
(`domain.ports`), serving the app (`watchkeeper.roles`).
"""
