"""The service as its callers see it."""

import unittest

from app.web import create_app


class Web(unittest.TestCase):
    def setUp(self):
        self.client = create_app().test_client()

    def test_the_greeting_names_who_asks(self):
        self.assertEqual(self.client.get("/?name=Ada").json, {"message": "Hello, Ada!"})

    def test_the_health_check_says_ok(self):
        self.assertEqual(self.client.get("/health").json, {"status": "ok"})

    def test_what_is_not_there_is_told_as_such(self):
        self.assertEqual(self.client.get("/nothing").status_code, 404)
