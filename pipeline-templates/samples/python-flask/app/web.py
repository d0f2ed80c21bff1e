"""The service's paths."""

from flask import Flask, jsonify, request

from app.greeting import greeting


def create_app() -> Flask:
    """A new application, so that tests share none."""
    app = Flask(__name__)

    @app.get("/")
    def say():
        return jsonify(message=greeting(request.args.get("name")))

    @app.get("/health")
    def health():
        return jsonify(status="ok")

    return app
