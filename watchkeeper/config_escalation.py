"""`escalation.toml`: who is called, by which channel, how long after an alarm was raised; whom clocks call.

Promises: every alarm has exactly one policy; every name in it exists; whoever a step can call by a channel that needs a
contact has one; a life-safety alarm never runs out of steps. Leaves to others: people (`config_people`), channels
(`config_channels`), climbing (`alerting.escalate`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from domain.callout import ASSIGNEE, Directory
from domain.escalation import Call, ClockCalls, Plan, Policy, PolicyStep
from domain.notices import Channel, ChannelType
from domain.rules import Rule, Severity
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import convert, each_of, read_toml, tables

FILE = "escalation.toml"

LEAST_REPEAT = timedelta(seconds=30)
"""Quicker than this nobody can answer."""

MOST_STEPS = 20

OUR_OWN_RULES = frozenset({"system.notice_undeliverable"})
"""Rules that no kind of device has."""


class EscalationFile:
    """The file, checked against everything that it names."""

    def __init__(
        self, rules: Iterable[Rule], directory: Directory, channels: Mapping[str, Channel], problems: Problems
    ) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._directory, self._channels, self._problems = directory, channels, problems
        self._told: set[str] = set()

    def load(self, folder: Path) -> Plan:
        """The plan. What is wrong is noted."""
        raw = read_toml(folder / FILE)
        tables(raw, ("policy", "clocks"), self._problems)
        policies: dict[str, Policy] = {}
        for place, policy in each_of(raw, "policy", Policy, self._problems):
            if policy.name in policies:
                self._problems.add(
                    f"{place}.name", f"there are two policies {policy.name!r}", "Name one of them differently."
                )
            policies[policy.name] = policy
            self._check_policy(policy, place)
        clocks = convert(raw.get("clocks", {}), ClockCalls, "clocks", self._problems) or ClockCalls()
        for name, calls in (("warn", clocks.warn), ("breach", clocks.breach), ("no_word", clocks.no_word)):
            for number, call in enumerate(calls):
                self._check_call(call, f"clocks.{name}[{number}]")
        self._check_choice(tuple(policies.values()))
        return Plan(
            policies=tuple(policies.values()), clocks=clocks, directory=self._directory, channels=self._channels
        )

    def _check_policy(self, policy: Policy, place: str) -> None:
        if len(policy.steps) > MOST_STEPS:
            self._problems.add(f"{place}.steps", f"more than {MOST_STEPS} steps", "Let the last ones repeat.")
        for rule in sorted(policy.rules):
            if rule not in self._rules and rule not in OUR_OWN_RULES:
                self._problems.unknown(f"{place}.rules", "rule", rule, self._rules)
        for number, step in enumerate(policy.steps):
            here = f"{place}.steps[{number}]"
            self._check_call(step, here)
            if step.repeat is not None and step.repeat < LEAST_REPEAT:
                self._problems.add(f"{here}.repeat", "nobody can answer so quickly", 'Write "30s" or longer.')
        dangerous = any(self._rules[rule].life_safety for rule in policy.rules if rule in self._rules)
        if (policy.life_safety or dangerous) and all(step.repeat is None for step in policy.steps):
            self._problems.add(
                f"{place}.steps",
                "a life-safety alarm would run out of steps before anybody has come",
                'Give the last step a repeat, like repeat = "5m".',
            )

    def _check_call(self, call: PolicyStep | Call, place: str) -> None:
        directory = self._directory
        known = {*directory.positions, *directory.people, ASSIGNEE}
        if call.whom not in known:
            self._problems.unknown(f"{place}.whom", "position or person", call.whom, known)
        channel = self._channels.get(call.channel)
        if channel is None:
            self._problems.unknown(f"{place}.channel", "channel", call.channel, self._channels)
        elif channel.type is not ChannelType.CONSOLE:
            self._check_reach(call, channel, place)

    def _check_reach(self, call: PolicyStep | Call, channel: Channel, place: str) -> None:
        directory = self._directory
        position = directory.positions.get(call.whom)
        names = position.everybody() if position is not None else frozenset({call.whom} & directory.people.keys())
        fallback = directory.positions.get(directory.fallback or "")
        if fallback is None or not fallback.people:
            self._once(
                "fallback",
                f"{call.channel} leaves the console, but nobody is called when a position is empty",
                f"In people.toml set fallback to a position that has people at all hours (for {place}).",
            )
        else:
            names |= frozenset(fallback.people)
        if channel.personal:
            for name in sorted(names):
                person = directory.people.get(name)
                if person is not None and channel.name not in person.contacts:
                    self._once(
                        f"{name}.{channel.name}",
                        f"{name} can be called by {channel.name} (in {place}) but has no contact for it",
                        f'In people.toml add contacts = {{ {channel.name} = "..." }}.',
                    )

    def _once(self, place: str, problem: str, remedy: str) -> None:
        if place not in self._told:
            self._told.add(place)
            self._problems.add(place, problem, remedy)

    def _check_choice(self, policies: tuple[Policy, ...]) -> None:
        of_rules = [rule for policy in policies for rule in policy.rules]
        for rule in sorted({rule for rule in of_rules if of_rules.count(rule) > 1}):
            self._problems.add("policy", f"{rule!r} is in two policies", "Keep it in one of them.")
        if sum(policy.life_safety for policy in policies) != 1:
            self._problems.add("policy", "exactly one policy is for life safety", "Write life_safety = true in one.")
        for severity in Severity:
            count = sum(severity in policy.severities for policy in policies)
            if count != 1:
                self._problems.add(
                    "policy",
                    f"{severity.value!r} is in {count} policies",
                    f'Put severities = ["{severity.value}"] into exactly one.',
                )
