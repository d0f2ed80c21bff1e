//! Builds that came to their end.

use super::super::teller::{Place, Progress};
use super::{in_job_log, recorded, told};

#[test]
fn parallel_stages_are_told_step_by_step() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-stages"), 3), @r"
    [one 1/2] FROM busybox   cached
    [two 2/2] RUN echo two-a; sleep 1; echo two-b   1.3 s
    two-a
    two-b
    [one 2/2] RUN echo one-a; sleep 1; echo one-b   1.3 s
    one-a
    one-b
    [stage-2 2/4] COPY --from=one /etc/passwd /p1   0.0 s
    [stage-2 3/4] COPY --from=two /etc/passwd /p2   0.0 s
    [stage-2 4/4] RUN echo end   0.2 s
    end
    => Built in 14 s: 6 steps, 1 cached: sha256:209555ecddb7
    ");
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-20-ok"), 1), @r"
    [1/4] FROM busybox   cached
    [2/4] WORKDIR /app   0.0 s
    [3/4] COPY f.txt .   0.0 s
    [4/4] RUN echo hello && sleep 1 && echo world   1.2 s
    hello
    world
    => Built in 14 s: 4 steps, 1 cached: sha256:682192913a67
    ");
}

#[test]
fn outside_a_job_log_output_of_good_steps_is_not_shown() {
    let stream = recorded!("buildkit-20-ok");
    insta::assert_snapshot!(told(stream, 1, Progress::Auto, Place::Elsewhere), @r"
    [1/4] FROM busybox   cached
    [2/4] WORKDIR /app   0.0 s
    [3/4] COPY f.txt .   0.0 s
    [4/4] RUN echo hello && sleep 1 && echo world   1.2 s
    => Built in 14 s: 4 steps, 1 cached: sha256:682192913a67
    ");
}

#[test]
fn plain_shows_all_as_it_comes() {
    let stream = recorded!("buildkit-26-stages");
    insta::assert_snapshot!(told(stream, 3, Progress::Plain, Place::JobLog), @r"
    #1 [one 1/2] FROM busybox
    #1   cached
    #2 [one 2/2] RUN echo one-a; sleep 1; echo one-b
    #3 [two 2/2] RUN echo two-a; sleep 1; echo two-b
    #3 two-a
    #2 one-a
    #3 two-b
    #2 one-b
    #3   1.3 s
    #2   1.3 s
    #4 [stage-2 2/4] COPY --from=one /etc/passwd /p1
    #4   0.0 s
    #5 [stage-2 3/4] COPY --from=two /etc/passwd /p2
    #5   0.0 s
    #6 [stage-2 4/4] RUN echo end
    #6 end
    #6   0.2 s
    => Built in 14 s: 6 steps, 1 cached: sha256:209555ecddb7
    ");
    let stream = recorded!("buildkit-26-cancelled");
    insta::assert_snapshot!(told(stream, 3, Progress::Plain, Place::JobLog), @r#"
    #1 [two 1/2] FROM busybox
    #2 [two 2/2] RUN echo two-a; sleep 1; echo two-b; exit 5
    #3 [one 2/2] RUN echo one-a; sleep 3; echo one-b
    #1   cached
    #3 one-a
    #2 two-a
    #2 two-b
    #2   failed after 1.3 s
    #3   cancelled
    => process "/bin/sh -c echo two-a; sleep 1; echo two-b; exit 5" did not complete successfully: exit code: 5
       step: Some((2, "[two 2/2] RUN echo two-a; sleep 1; echo two-b; exit 5")), exit code: Some(5), output: ["two-a", "two-b"]
    "#);
}

#[test]
fn json_is_one_object_a_line() {
    let stream = recorded!("buildkit-26-bytes");
    insta::assert_snapshot!(told(stream, 1, Progress::Json, Place::JobLog), @r#"
    {"schema":"baws-ci/build-event/1","step_begun":{"number":1,"name":"[1/2] FROM busybox"}}
    {"schema":"baws-ci/build-event/1","step_begun":{"number":2,"name":"[2/2] RUN printf \"bad \\377\\376 byte\\n\"; printf \"caf\\303\"; sleep 1; printf \"\\251 x\\n\"; printf \"10%%\\r\"; sleep 0.3; printf \"50%%\\r\"; sleep 0.3; printf \"100%%\\n\""}}
    {"schema":"baws-ci/build-event/1","step_ended":{"number":1,"ending":"cached","took_ms":1}}
    {"schema":"baws-ci/build-event/1","step_said":{"number":2,"text":"bad �� byte\ncaf"}}
    {"schema":"baws-ci/build-event/1","step_said":{"number":2,"text":"é x\n10%\r"}}
    {"schema":"baws-ci/build-event/1","step_said":{"number":2,"text":"50%\r"}}
    {"schema":"baws-ci/build-event/1","step_said":{"number":2,"text":"100%\n"}}
    {"schema":"baws-ci/build-event/1","step_ended":{"number":2,"ending":"done","took_ms":1805}}
    => Built in 14 s: 2 steps, 1 cached: sha256:d6d864732770
    "#);
}

#[test]
fn cached_steps_are_counted() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-cached"), 1), @r"
    [1/4] FROM busybox   cached
    [2/4] WORKDIR /app   cached
    [3/4] COPY f.txt .   cached
    [4/4] RUN echo hello && sleep 1 && echo world   cached
    => Built in 14 s: 4 steps, 4 cached: sha256:a5d130a4fd94
    ");
    insta::assert_snapshot!(in_job_log(recorded!("classic-26-cached"), 3), @r"
    [1/8] FROM busybox AS one   cached
    [2/8] RUN echo one-a; sleep 1; echo one-b   0.6 s
    one-a
    one-b
    [3/8] FROM busybox AS two   cached
    [4/8] RUN echo two-a; sleep 1; echo two-b   0.6 s
    two-a
    two-b
    [5/8] FROM busybox   cached
    [6/8] COPY --from=one /etc/passwd /p1   cached
    [7/8] COPY --from=two /etc/passwd /p2   cached
    [8/8] RUN echo end   cached
    => Built in 14 s: 8 steps, 6 cached: sha256:5d1cb8622ef1
    ");
}

#[test]
fn instructions_of_ours_are_neither_shown_nor_counted() {
    insta::assert_snapshot!(in_job_log(recorded!("classic-20-ok"), 2), @r#"
    [1/5] FROM busybox   cached
    [2/5] WORKDIR /app   0.4 s
    [3/5] COPY f.txt .   0.2 s
    [4/5] RUN echo hello && sleep 1 && echo world   0.6 s
    hello
    world
    [5/5] CMD ["sh"]   0.4 s
    => Built in 14 s: 5 steps, 1 cached: sha256:56319b121c14
    "#);
}

#[test]
fn warnings_are_told_and_ours_kept_back() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-warn"), 0), @r"
    warning: Dockerfile line 5: Empty continuation line found in: RUN echo   hi
    [1/2] FROM busybox   cached
    [2/2] RUN echo hi   0.2 s
    hi
    => Built in 14 s: 2 steps, 1 cached: sha256:f8ed815de57f
    ");
    insta::assert_snapshot!(in_job_log(recorded!("classic-26-warn"), 0), @r"
    warning: Empty continuation line found in: RUN echo   hi
    warning: Empty continuation lines will become errors in a future release.
    [1/4] FROM busybox   cached
    [2/4] ARG UNUSED   0.4 s
    [3/4] MAINTAINER x   0.4 s
    [4/4] RUN echo hi   0.5 s
    hi
    => Built in 14 s: 4 steps, 1 cached: sha256:cd05edac1b58
    ");
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_cut_characters_joined() {
    insta::assert_snapshot!(in_job_log(recorded!("buildkit-26-bytes"), 1), @r#"
    [1/2] FROM busybox   cached
    [2/2] RUN printf "bad \377\376 byte\n"; printf "caf\303"; sleep 1; printf "\251 x\n"; printf "10%%\r…   1.8 s
    bad �� byte
    café x
    100%
    => Built in 14 s: 2 steps, 1 cached: sha256:d6d864732770
    "#);
    insta::assert_snapshot!(in_job_log(recorded!("classic-20-bytes"), 1), @r#"
    [1/2] FROM busybox   cached
    [2/2] RUN printf "bad \377\376 byte\n"; printf "caf\303"; sleep 1; printf "\251 x\n"; printf "10%%\r…   0.8 s
    bad �� byte
    caf�� x
    100%
    => Built in 14 s: 2 steps, 1 cached: sha256:d25f25f782ec
    "#);
}
