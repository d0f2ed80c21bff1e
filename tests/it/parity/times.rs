//! How long a job took, in its log and in the operator's records.

use serde_json::Value;

use crate::support::Stand;

#[test]
fn the_last_stage_tells_how_long_each_part_took_and_the_records_keep_it() {
    let stand = Stand::new();
    let records = stand.dir().join("jobs.jsonl");
    let stand = stand.set(
        "executor.job_records",
        &format!("\"{}\"", records.display()),
    );
    let job = stand.job().prepared();
    job.run("get_sources", "sleep 0.2").succeeded();
    job.run("build_script", "sleep 0.3; exit 7").failed_with(7);
    let told = job.run("cleanup_file_variables", "true").succeeded();
    told.says("Time of this job: ")
        .says(", sources ")
        .says(", script ");
    job.cleaned_up();
    job.cleanup().succeeded();
    let text = std::fs::read_to_string(&records).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["schema"], "baws-ci/job/1");
    assert_eq!(lines[0]["job_id"], job.id);
    let script = lines[0]["parts"]["script_ms"].as_u64();
    assert!(
        script.is_some_and(|ms| (300..20_000).contains(&ms)),
        "{text}"
    );
}

#[test]
fn records_that_cannot_be_written_keep_nothing_from_being_removed() {
    let stand = Stand::new().set("executor.job_records", "\"/nowhere/jobs.jsonl\"");
    let job = stand.job().prepared();
    job.cleanup()
        .system_failure()
        .says("cannot write to `/nowhere/jobs.jsonl`");
    job.nothing_left();
    job.cleanup().succeeded();
}
