//! One trace a job, as a collector takes it.

use serde_json::{Value, json};

use super::collector::{Collector, Manner, attribute, spans};
use super::{Watched, whole};
use crate::support::Site;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

#[track_caller]
fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let found = spans.iter().find(|span| span["name"] == name);
    found.unwrap_or_else(|| panic!("there is no span {name}: {spans:?}"))
}

#[test]
fn a_job_is_one_trace_below_gitlabs_own_span() {
    let collector = Collector::new(Manner::Takes);
    let watched = Watched::new();
    let headers = watched.stand.dir().join("headers");
    std::fs::write(&headers, "Authorization: Bearer of-the-operator\n").unwrap();
    let watched = watched
        .set("telemetry.otlp_endpoint", &format!("{:?}", collector.url))
        .set("telemetry.otlp_headers_file", &format!("{headers:?}"));
    let tracing = json!({"trace_id": TRACE, "span_parent_id": PARENT, "otel_endpoints": []});
    let job = watched.stand.job().with("/features/tracing", tracing);
    let id = whole(job, "exit 7");
    let request = collector.next();
    assert!(request.head.starts_with("POST /v1/traces HTTP/1.1\r\n"));
    let head = request.head.to_lowercase();
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(
        head.contains("authorization: bearer of-the-operator"),
        "{head}"
    );
    let spans = spans(&request.body);
    let root = &spans[0];
    assert_eq!(
        (&root["name"], &root["parentSpanId"]),
        (&json!("job"), &json!(PARENT))
    );
    for (key, value) in [
        ("cicd.pipeline.task.name", "job"),
        ("cicd.pipeline.task.run.id", id.to_string().as_str()),
        ("cicd.pipeline.run.id", "31"),
        ("cicd.pipeline.task.run.result", "failure"),
        ("error.type", "script"),
        ("process.exit.code", "7"),
        ("vcs.repository.name", "it/project"),
    ] {
        assert_eq!(attribute(root, key), value, "{key}");
    }
    assert_eq!(
        root["status"],
        json!({"code": 2, "message": "exit status 7"})
    );
    for name in ["start", "sources", "script"] {
        assert_eq!(
            named(&spans, name)["parentSpanId"],
            root["spanId"],
            "{name}"
        );
    }
    assert_eq!(named(&spans, "script")["status"]["code"], 2);
    assert_eq!(named(&spans, "sources")["status"]["code"], 1);
    assert!(spans.iter().all(|span| span["traceId"] == TRACE));
    let mut ids: Vec<&str> = spans
        .iter()
        .filter_map(|span| span["spanId"].as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), spans.len());
    assert!(collector.is_empty());
}

#[test]
fn jobs_of_one_pipeline_are_one_trace_without_gitlabs_word() {
    let collector = Collector::new(Manner::Takes);
    let watched = Watched::new().set("telemetry.otlp_endpoint", &format!("{:?}", collector.url));
    let mut ids = Vec::new();
    // What a job sets itself comes behind GitLab's own, and counts for nothing.
    for job in [
        watched.stand.job(),
        watched.stand.job().variable("CI_PIPELINE_ID", "99"),
    ] {
        job.prepare().succeeded();
        job.cleaned_up();
        let spans = spans(&collector.next().body);
        assert!(spans[0]["parentSpanId"].is_null());
        ids.push((spans[0]["traceId"].clone(), spans[0]["spanId"].clone()));
    }
    assert_eq!(ids[0].0, ids[1].0);
    assert_ne!(ids[0].1, ids[1].1);
}

#[test]
fn a_hostile_tracing_block_leads_nowhere() {
    let (own, named, other) = (
        Collector::new(Manner::Takes),
        Collector::new(Manner::Takes),
        Collector::new(Manner::Takes),
    );
    let watched = Watched::new();
    let headers = watched.stand.dir().join("headers");
    std::fs::write(&headers, "Authorization: Bearer of-the-operator\n").unwrap();
    let watched = watched
        .set("telemetry.otlp_endpoint", &format!("{:?}", own.url))
        .set("telemetry.otlp_headers_file", &format!("{headers:?}"))
        .set(
            "telemetry.otlp_job_endpoints",
            &format!("[{:?}]", named.url),
        );
    let metadata = "http://169.254.169.254/v1/traces";
    let blocks = [
        json!({"trace_id": TRACE, "otel_endpoints": [metadata, other.url, named.url]}),
        json!("x"),
        json!([1, 2]),
        json!({"trace_id": "<script>", "span_parent_id": 7, "otel_endpoints": "http://169.254.169.254"}),
        json!({"trace_id": "0".repeat(32), "otel_endpoints": [1, null, {"url": other.url}, {"url": ["x"]}]}),
    ];
    for block in blocks {
        let job = watched.stand.job().with("/features/tracing", block);
        job.prepare().succeeded();
        job.cleaned_up();
        spans(&own.next().body);
    }
    let followed = named.next();
    assert_eq!(spans(&followed.body)[0]["traceId"], TRACE);
    // The operator's headers are for the operator's own collector.
    assert!(
        !followed.head.to_lowercase().contains("authorization"),
        "{}",
        followed.head
    );
    assert!(named.is_empty() && other.is_empty());
}

#[test]
fn a_build_and_its_push_are_spans_below_the_script() {
    let collector = Collector::new(Manner::Takes);
    let site = Site::new().set("telemetry.otlp_endpoint", &format!("{:?}", collector.url));
    let job = site.job().plain();
    job.baws("build --push -t $REPO:x").succeeded();
    job.cleaned_up();
    let spans = spans(&collector.next().body);
    let script = &named(&spans, "script")["spanId"];
    for name in ["build", "push"] {
        let span = named(&spans, name);
        assert_eq!(span["status"]["code"], 1, "{span}");
        let parent = &span["parentSpanId"];
        assert!(
            spans
                .iter()
                .any(|one| one["name"] == "script" && one["spanId"] == *parent),
            "{span} {script}"
        );
    }
}
