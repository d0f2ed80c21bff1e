"""Numbers that are never given out twice in one state directory, also after a restart."""


class Counter:
    """Counts in a file. Not locked: its owner does that."""

    def __init__(self, path, first):
        self.path = path
        self.first = first

    def take(self):
        try:
            with open(self.path) as file:
                number = int(file.read())
        except (FileNotFoundError, ValueError):
            number = self.first
        with open(self.path, "w") as file:
            file.write(str(number + 1))
        return number
