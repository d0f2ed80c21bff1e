//! Whatever becomes of what is told, a job does not hear of it.

use std::io::Write;
use std::os::unix::net::UnixDatagram;

use super::collector::{Collector, Manner};
use super::{Watched, whole};
use crate::support::Ended;
use crate::support::disk::Tmpfs;

/// A job's end, which warns the operator and nobody else.
#[track_caller]
fn end(watched: &Watched) -> Ended {
    let job = watched.stand.job().prepared();
    job.run("build_script", "true").succeeded();
    let ended = job.cleanup().succeeded();
    job.nothing_left();
    ended
}

fn to(watched: Watched, endpoint: &str) -> Watched {
    watched.set("telemetry.otlp_endpoint", &format!("{endpoint:?}"))
}

#[test]
fn a_collector_that_fails_harms_no_job() {
    let refusing = Collector::new(Manner::Refuses);
    let watched = to(Watched::new(), &refusing.url);
    end(&watched)
        .says("warning: the collector at `http://127.0.0.1:")
        .says("` did not take the trace of a job: it answered 500");
    let watched = to(watched, "http://127.0.0.1:1");
    end(&watched).says("did not take the trace of a job: Connection refused");
    let watched = to(watched, "http://no-such-collector.invalid:4318");
    end(&watched)
        .says("did not take the trace of a job: ")
        .within_secs(10);
    assert_eq!(watched.records().len(), 3);
}

#[test]
fn a_collector_that_hangs_is_not_waited_for() {
    let hanging = Collector::new(Manner::Hangs);
    let watched = to(Watched::new(), &hanging.url).set("telemetry.otlp_timeout_ms", "300");
    end(&watched)
        .says("did not take the trace of a job: ")
        .within_secs(10);
    hanging.next();
    assert_eq!(watched.record()["outcome"], "success");
}

#[test]
fn metrics_that_cannot_be_written_harm_no_job() {
    let watched = Watched::new().set("telemetry.metrics_file", "\"/nowhere/baws.prom\"");
    end(&watched)
        .says("warning: cannot add a job to `/nowhere/baws.prom`: No such file or directory");
    assert_eq!(watched.record()["outcome"], "success");
}

#[test]
fn a_full_disk_harms_no_job() {
    let watched = Watched::new();
    let dir = watched.stand.dir().join("full");
    let _disk = Tmpfs::at(&dir, "size=64k");
    let watched = watched.set(
        "telemetry.metrics_file",
        &format!("{:?}", dir.join("baws.prom")),
    );
    whole(watched.stand.job(), "true");
    let held = std::fs::read(dir.join("baws.prom")).unwrap();
    let mut ballast = std::fs::File::create(dir.join("ballast")).unwrap();
    while ballast.write_all(&[b'x'; 512]).is_ok() {}
    end(&watched)
        .says("warning: cannot add a job to `")
        .says("No space left on device");
    assert_eq!(std::fs::read(dir.join("baws.prom")).unwrap(), held);
    let records = dir.join("jobs.jsonl");
    let watched = watched.set("executor.job_records", &format!("{records:?}"));
    let job = watched.stand.job().prepared();
    job.run("build_script", "true").succeeded();
    job.cleanup().system_failure().says("cannot write to `");
    job.nothing_left();
}

#[test]
fn metrics_that_are_broken_are_begun_anew() {
    let watched = Watched::new();
    std::fs::write(watched.metrics_file(), "<html>\n").unwrap();
    end(&watched).says("are begun anew: line 1 is none that this program writes");
    whole(watched.stand.job(), "true");
    let text = std::fs::read_to_string(watched.metrics_file()).unwrap();
    assert!(
        text.contains("baws_ci_jobs_total{outcome=\"success\"} 2\n"),
        "{text}"
    );
}

#[test]
fn a_journal_that_is_gone_or_takes_nothing_harms_no_job() {
    let watched = Watched::new()
        .set("telemetry.journal", "true")
        .set("telemetry.journal_socket", "\"/nowhere/journal\"");
    whole(watched.stand.job(), "true");
    let path = watched.stand.dir().join("stuck");
    let stuck = UnixDatagram::bind(&path).unwrap();
    // Each sender has a limit of its own, too: it takes nothing where a new one can send nothing.
    let fills = || {
        let filler = UnixDatagram::unbound().unwrap();
        filler.set_nonblocking(true).unwrap();
        let sent = |_: &usize| filler.send_to(&[b'x'; 1000], &path).is_ok();
        (0..usize::MAX).take_while(sent).count() > 0
    };
    while fills() {}
    let watched = watched.set("telemetry.journal_socket", &format!("{path:?}"));
    end(&watched).says("took no entry").within_secs(20);
    drop(stuck);
    assert_eq!(watched.records().len(), 2);
}

#[test]
fn a_diary_that_somebody_spoiled_harms_no_job() {
    let watched = Watched::new();
    for spoiled in [
        "",
        "nonsense\n",
        "{\"entry\":\"job\",\"job_id\":\"x\"}\n",
        "\0\0\n",
    ] {
        let job = watched.stand.job().prepared();
        let diaries = std::fs::read_dir(watched.stand.state_dir().join("diaries")).unwrap();
        for diary in diaries.flatten() {
            std::fs::write(diary.path(), spoiled).unwrap();
        }
        job.run("build_script", "true").succeeded();
        job.cleaned_up();
    }
    assert_eq!(watched.records().len(), 0);
}
