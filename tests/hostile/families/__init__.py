"""The attacks, one file a family."""

from tests.hostile.attack import named
from tests.hostile.families import breaking, forging, identity, injecting, messages, stealing

ATTACKS = named(
    [
        *forging.ATTACKS,
        *messages.ATTACKS,
        *stealing.ATTACKS,
        *breaking.ATTACKS,
        *identity.ATTACKS,
        *injecting.ATTACKS,
    ]
)
