"""The list of checks."""

from dataclasses import dataclass
from typing import Callable

CHECKS = []


@dataclass
class Check:
    title: str
    run: Callable
    options: dict


def check(title, **options):
    """Adds a function of a visit to the list. Options are those of `Visits.open`."""

    def add(function):
        CHECKS.append(Check(title, function, options))
        return function

    return add
