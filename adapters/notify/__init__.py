"""Channels by which people are told, one technology a file.

Promises: `domain.ports.notifier.Notifier` each: bounded in time, off the event loop, certificates verified, secrets
kept out of errors and logs. Leaves to others: words (`alerting.letters`), trying again (`alerting.notices`).
"""
