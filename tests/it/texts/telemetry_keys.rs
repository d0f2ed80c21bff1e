//! Every key of `[telemetry]`, as `settings explain` tells it.

use insta::assert_snapshot;

use super::keys::explained;

#[test]
fn every_setting_of_telemetry_is_explained() {
    assert_snapshot!(explained("telemetry.metrics_file", "the end"), @r#"
    telemetry.metrics_file
        path · default: none
        A file in Prometheus' text format to which each job adds itself, for node_exporter's textfile collector: its name ends in `.prom`, its directory has to be there.

    telemetry.otlp_endpoint
        string · default: none
        An OpenTelemetry collector that takes OTLP over HTTP, such as "http://127.0.0.1:4318": one trace a job.

    telemetry.otlp_headers_file
        path · default: none
        A file of `Name: value` lines, such as a collector's token: sent to otlp_endpoint and to no other.

    telemetry.otlp_job_endpoints
        list of strings · default: []
        Which of the collectors that GitLab names with a job are told, too: addresses without a path, such as "https://otel.example:4318". Any other is not asked.

    telemetry.otlp_timeout_ms
        integer · default: 2000
        Milliseconds a collector may take, at most 10000: a job's cleanup waits no longer for it.

    telemetry.journal
        boolean · default: false
        Write an entry into systemd's journal at the start and at the end of each job, and one for each system failure, with fields to search by.

    telemetry.journal_socket
        path · default: "/run/systemd/journal/socket"
        Where the journal takes entries; that of a namespace is /run/systemd/journal.NAME/socket.
    "#);
}
