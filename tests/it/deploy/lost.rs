//! Answers that do not come, and programs that are killed: nothing is sent twice, and nothing is claimed that was not seen.

use rustix::process::Signal;
use serde_json::json;

use crate::support::Site;
use crate::support::cluster::{KILL, ended_as};
use crate::support::eventually;

#[test]
fn an_update_whose_answer_is_lost_is_found_again_and_not_sent_twice() {
    for fault in [
        json!({"status": 500, "code": "ServerException"}),
        json!({"drop": true}),
    ] {
        let site = Site::alone().quickly();
        let (service, image) = site.changed(json!({}));
        let rule = json!({"times": 1, "after": fault});
        let _faults = site.aws_faults(&[("UpdateService$", rule)]);
        let (told, ended) = service.result(&["deploy", "--image", &image]);
        ended_as(&told, &ended, "ok", 0);
        assert_eq!(told["adopted"], true, "{fault}: {told:#}");
        assert_eq!(service.updates(), 1, "{fault}");
    }
}

#[test]
fn an_update_that_was_lost_on_its_way_is_sent_again_when_a_read_has_proved_it() {
    let site = Site::alone().quickly();
    let (service, image) = site.changed(json!({}));
    let body = json!({"__type": "ServerException", "message": "Service Unavailable"});
    let rule = json!({"status": 500, "body": body, "times": 1});
    let _faults = site.aws_faults(&[("UpdateService$", rule)]);
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(
        (told["adopted"].as_bool(), service.updates()),
        (Some(false), 1)
    );
}

#[test]
fn a_second_run_after_a_kill_follows_what_the_first_began() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    service.goes(json!([
        {"at": 0.1, "tasks": {"pending": 1, "running": 1}},
        {"at": 4.0, "complete": true},
    ]));
    let first = service.begin(&["deploy", "--image", &image]);
    eventually("the first run has sent its update", || {
        service.updates() == 1
    });
    first.signal(KILL);
    drop(first);
    let (told, ended) = service.result(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(
        (told["followed"].as_bool(), service.updates()),
        (Some(true), 1)
    );
}

#[test]
fn a_cancelled_run_leaves_the_deployment_and_says_so() {
    let site = Site::deploying();
    let (service, image) = site.changed(json!({}));
    let steps = json!([{"at": 0.1, "tasks": {"pending": 1, "running": 1}}]);
    service.scenario(json!({"for": "all", "steps": steps}));
    for (sent, words, signal, code) in [
        (
            1,
            vec!["deploy", "--image", &image, "--json"],
            Signal::TERM,
            143,
        ),
        (2, vec!["restart", "--json"], Signal::INT, 130),
    ] {
        let run = service.begin(&words);
        eventually("its deployment is watched", || {
            let shown = service.shown();
            service.updates() == sent && shown["looks"].as_u64() > Some(2)
        });
        run.signal(signal);
        let ended = run.end();
        let told = serde_json::from_slice(&ended.stdout).expect("the result is JSON");
        ended_as(&told, &ended, "cancelled", code);
        ended.says("goes on");
    }
}
