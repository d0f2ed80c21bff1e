//! The keys of `[telemetry]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "telemetry.metrics_file",
        "path",
        "none",
        "A file in Prometheus' text format to which each job adds itself, for node_exporter's textfile collector: its name ends in `.prom`, its directory has to be there.",
    ),
    key(
        "telemetry.otlp_endpoint",
        "string",
        "none",
        "An OpenTelemetry collector that takes OTLP over HTTP, such as \"http://127.0.0.1:4318\": one trace a job.",
    ),
    key(
        "telemetry.otlp_headers_file",
        "path",
        "none",
        "A file of `Name: value` lines, such as a collector's token: sent to otlp_endpoint and to no other.",
    ),
    key(
        "telemetry.otlp_job_endpoints",
        "list of strings",
        "[]",
        "Which of the collectors that GitLab names with a job are told, too: addresses without a path, such as \"https://otel.example:4318\". Any other is not asked.",
    ),
    key(
        "telemetry.otlp_timeout_ms",
        "integer",
        "2000",
        "Milliseconds a collector may take, at most 10000: a job's cleanup waits no longer for it.",
    ),
    key(
        "telemetry.journal",
        "boolean",
        "false",
        "Write an entry into systemd's journal at the start and at the end of each job, and one for each system failure, with fields to search by.",
    ),
    key(
        "telemetry.journal_socket",
        "path",
        "\"/run/systemd/journal/socket\"",
        "Where the journal takes entries; that of a namespace is /run/systemd/journal.NAME/socket.",
    ),
];
