"""Needs nothing but Python: `python3 -m unittest tests.test_greeting`."""

import unittest

from app.greeting import greeting


class Greeting(unittest.TestCase):
    def test_somebody_without_a_name_is_the_world(self):
        self.assertEqual(greeting(None), "Hello, world!")
        self.assertEqual(greeting("  "), "Hello, world!")

    def test_the_greeting_names_who_asks(self):
        self.assertEqual(greeting("Ada"), "Hello, Ada!")


if __name__ == "__main__":
    unittest.main()
