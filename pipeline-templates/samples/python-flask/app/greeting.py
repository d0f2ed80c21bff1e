"""What is said, apart from how it is asked for."""


def greeting(name: str | None) -> str:
    """A greeting; nobody in particular is the world."""
    who = (name or "").strip()
    return f"Hello, {who or 'world'}!"
