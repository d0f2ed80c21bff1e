//! Builds that failed, and a program that would like to decide what a build came to.

use super::super::teller::{Place, Progress};
use super::{in_job_log, recorded, told};

#[test]
fn quiet_tells_what_went_wrong_and_nothing_else() {
    let ok = recorded!("buildkit-20-ok");
    insta::assert_snapshot!(told(ok, 1, Progress::Quiet, Place::JobLog), @"=> Built in 14 s: 4 steps, 1 cached: sha256:682192913a67");
    let failing = recorded!("buildkit-20-fail");
    insta::assert_snapshot!(told(failing, 1, Progress::Quiet, Place::JobLog), @r#"
    Output of `[3/3] RUN for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3`:
    line 1
    line 2
    line 3
    oh no

    => executor failed running [/bin/sh -c for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3]: exit code: 3
       step: Some((3, "[3/3] RUN for i in 1 2 3; do echo line $i; done; echo \"oh no\" >&2; exit 3")), exit code: Some(3), output: ["line 1", "line 2", "line 3", "oh no"]
    "#);
}

#[test]
fn the_failing_steps_output_comes_last() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-20-fail"), 1), @r#"
    [1/3] FROM busybox   cached
    [2/3] COPY f.txt /   0.0 s
    [3/3] RUN for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3   failed after 0.3 s

    Output of `[3/3] RUN for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3`:
    line 1
    line 2
    line 3
    oh no

    => executor failed running [/bin/sh -c for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3]: exit code: 3
       step: Some((3, "[3/3] RUN for i in 1 2 3; do echo line $i; done; echo \"oh no\" >&2; exit 3")), exit code: Some(3), output: ["line 1", "line 2", "line 3", "oh no"]
    "#);
    insta::assert_snapshot!(in_job_log(recorded!("classic-26-fail"), 1), @r#"
    [1/3] FROM busybox   cached
    [2/3] COPY f.txt /   0.2 s
    [3/3] RUN for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3   failed after 0.6 s

    Output of `[3/3] RUN for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3`:
    line 1
    line 2
    line 3
    oh no

    => The command '/bin/sh -c for i in 1 2 3; do echo line $i; done; echo "oh no" >&2; exit 3' returned a non-zero code: 3
       step: Some((3, "[3/3] RUN for i in 1 2 3; do echo line $i; done; echo \"oh no\" >&2; exit 3")), exit code: Some(3), output: ["line 1", "line 2", "line 3", "oh no"]
    "#);
}

#[test]
fn a_step_stopped_because_another_failed_is_no_failure() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-cancelled"), 3), @r#"
    [two 1/2] FROM busybox   cached
    [two 2/2] RUN echo two-a; sleep 1; echo two-b; exit 5   failed after 1.3 s
    [one 2/2] RUN echo one-a; sleep 3; echo one-b   cancelled
    one-a

    Output of `[two 2/2] RUN echo two-a; sleep 1; echo two-b; exit 5`:
    two-a
    two-b

    => process "/bin/sh -c echo two-a; sleep 1; echo two-b; exit 5" did not complete successfully: exit code: 5
       step: Some((2, "[two 2/2] RUN echo two-a; sleep 1; echo two-b; exit 5")), exit code: Some(5), output: ["two-a", "two-b"]
    "#);
}

#[test]
fn errors_without_a_step_name_the_users_lines_and_images() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-parse"), 1), @r"
    => dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)
       step: None, exit code: None, output: []
    ");
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-missing"), 1), @r#"
    look up `team/base:1`   failed after 0.0 s
    => team/base:1: failed to resolve source metadata for team/base:1: failed to do request: Head "https://baws.local/v2/nope/manifests/1": dial tcp: lookup baws.local on 203.0.113.53:53: server misbehaving
       step: Some((1, "look up `team/base:1`")), exit code: None, output: []
    "#);
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-20-missing"), 1), @r#"
    look up `team/base:1`   failed after 0.0 s
    => failed to do request: Head "https://baws.local/v2/nope/manifests/1": dial tcp: lookup baws.local: Temporary failure in name resolution
       step: Some((1, "look up `team/base:1`")), exit code: None, output: []
    "#);
    insta::assert_snapshot!(in_job_log(recorded!("classic-20-missing"), 1), @r#"
    [1/2] FROM team/base:1   failed after 0.2 s
    => Get "https://baws.local/v2/": dial tcp: lookup baws.local: Temporary failure in name resolution
       step: Some((1, "[1/2] FROM team/base:1")), exit code: None, output: []
    "#);
}

#[test]
fn a_program_that_plays_the_builder_changes_nothing() {
    insta::assert_snapshot!(in_job_log(recorded!("classic-26-hostile"), 1), @r#"
    [1/2] FROM busybox   cached
    [2/2] RUN echo "Successfully built 0123456789ab"; echo "Step 9/9 : RUN evil"; echo " ---> Using cach…   0.5 s
    Successfully built 0123456789ab
    Step 9/9 : RUN evil
     ---> Using cache
     ---> Running in 0123456789ab
    Removing intermediate container 0123456789ab
    [Warning] boo
    {"aux":{"ID":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}
    section_end:0:x
    => Built in 14 s: 2 steps, 1 cached: sha256:75dd2e4e16d8
    "#);
}
