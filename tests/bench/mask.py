"""Replaces secrets in a stream of output, also where a secret is cut in two by the way it was read."""

import re


class Mask:
    """Each of `secrets` becomes `[MASKED]`."""

    def __init__(self, secrets):
        self.secrets = sorted({secret.encode() for secret in secrets if secret}, key=len, reverse=True)
        self.pattern = re.compile(b"|".join(map(re.escape, self.secrets))) if self.secrets else None
        self.held = b""

    def feed(self, data):
        """What can be shown of all that came so far; an end that may be the beginning of a secret is held back."""
        if not self.pattern:
            return data
        data = self.pattern.sub(b"[MASKED]", self.held + data)
        longest = max(map(len, self.secrets))
        keep = 0
        for length in range(min(longest - 1, len(data)), 0, -1):
            if any(secret.startswith(data[-length:]) for secret in self.secrets):
                keep = length
                break
        self.held = data[len(data) - keep:]
        return data[:len(data) - keep]

    def rest(self):
        held, self.held = self.held, b""
        return held
