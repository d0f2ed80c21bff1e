//! Reasons as ECS and engines write them, and what is made of them.

use super::*;
use crate::rollout::Container;

fn kind(text: &str) -> (Kind, bool) {
    let reason = classify(Some(&StopCode::TaskFailedToStart), &[text], None);
    (reason.kind, reason.useless_to_retry)
}

#[test]
fn what_keeps_an_image_from_being_pulled_is_told_apart() {
    let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1";
    for (text, expected) in [
        (
            format!("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {ecr}: {ecr}: not found"),
            (Kind::ImageNotFound, true),
        ),
        (
            "CannotPullImageManifestError: Error response from daemon: manifest unknown: Requested image not found".to_owned(),
            (Kind::ImageNotFound, true),
        ),
        (
            format!("CannotPullContainerError: Error response from daemon: pull access denied for {ecr}, repository does not exist or may require 'docker login'"),
            (Kind::ImageDenied, true),
        ),
        (
            "CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::1:assumed-role/x is not authorized to perform: ecr:GetAuthorizationToken".to_owned(),
            (Kind::ImageDenied, true),
        ),
        (
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'".to_owned(),
            (Kind::ImagePlatform, true),
        ),
        (
            format!("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to do request: Head {ecr}: dial tcp 10.0.3.17:443: i/o timeout"),
            (Kind::ImageUnreachable, false),
        ),
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue".to_owned(),
            (Kind::ImageUnreachable, false),
        ),
        (
            "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit".to_owned(),
            (Kind::ImageLimit, false),
        ),
        (
            "CannotPullContainerError: write /var/lib/x: no space left on device".to_owned(),
            (Kind::DiskFull, false),
        ),
        (
            "CannotPullContainerError: r.example/secret-efs-service:1: not authorized".to_owned(),
            (Kind::ImageDenied, true),
        ),
        ("CannotPullContainerError: something new".to_owned(), (Kind::ImageUnreachable, false)),
    ] {
        assert_eq!(kind(&text), expected, "{text}");
    }
}

#[test]
fn what_a_task_needs_besides_its_image_is_told_apart() {
    for (text, expected) in [
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:x from secrets manager: AccessDeniedException: User is not authorized",
            (Kind::Secrets, true),
        ),
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            (Kind::Secrets, true),
        ),
        (
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
            (Kind::LogGroup, true),
        ),
        (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes",
            (Kind::FileSystem, false),
        ),
        (
            "Timeout waiting for network interface provisioning to complete.",
            (Kind::NetworkInterface, false),
        ),
        (
            "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task.",
            (Kind::Role, true),
        ),
        (
            "ResourceInitializationError: something new",
            (Kind::Resources, false),
        ),
        (
            "Capacity is unavailable at this time. Please try again later or in a different availability zone",
            (Kind::Capacity, false),
        ),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn a_code_of_aws_that_blames_nobody_goes_before_every_text() {
    let text = "CannotPullContainerError: not found";
    let spot = classify(Some(&StopCode::SpotInterruption), &[text], Some(137));
    assert_eq!((spot.kind, spot.hint()), (Kind::Spot, None));
    let by_hand = classify(
        Some(&StopCode::UserInitiated),
        &["Task stopped by user"],
        Some(143),
    );
    assert_eq!(by_hand.plain, "somebody stopped it");
    let host = classify(Some(&StopCode::TerminationNotice), &[], None);
    assert!(!host.useless_to_retry);
}

#[test]
fn a_health_check_explains_a_kill_better_than_its_exit_code() {
    let reason = classify(
        Some(&StopCode::ServiceSchedulerInitiated),
        &[
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)",
            "",
        ],
        Some(137),
    );
    assert_eq!(reason.kind, Kind::LoadBalancerHealth);
    let inner = classify(
        Some(&StopCode::ServiceSchedulerInitiated),
        &["Task failed container health checks"],
        Some(137),
    );
    assert_eq!(inner.kind, Kind::ContainerHealth);
}

#[test]
fn exit_codes_speak_where_no_text_does() {
    let plain = |status| {
        classify(
            Some(&StopCode::EssentialContainerExited),
            &["Essential container in task exited"],
            Some(status),
        )
        .plain
    };
    assert_eq!(plain(1), "its main process ended with exit code 1");
    assert_eq!(
        plain(0),
        "its main process ended by itself, with exit code 0"
    );
    assert_eq!(
        plain(137),
        "its main process was killed (exit code 137), most often for want of memory"
    );
    assert_eq!(plain(127), "its command could not be run (exit code 127)");
}

#[test]
fn a_kill_is_hopeless_only_where_memory_is_named() {
    let task = |reason: &str| Task {
        stop_code: Some(StopCode::EssentialContainerExited),
        stopped_reason: "Essential container in task exited".to_owned(),
        containers: vec![Container {
            exit_code: Some(137),
            reason: reason.to_owned(),
            ..Container::default()
        }],
        ..Task::default()
    };
    assert!(is_useless_to_retry(&task(
        "OutOfMemoryError: Container killed due to memory usage"
    )));
    assert!(!is_useless_to_retry(&task("")));
}

#[test]
fn an_event_about_placement_is_understood_and_a_steady_state_is_none() {
    let placement = of_event(
        "(service app) was unable to place a task because no container instance met all of its requirements. The closest \
         matching container-instance 1 has insufficient memory available.",
    );
    assert_eq!(placement.map(|one| one.kind), Some(Kind::Placement));
    assert_eq!(of_event("(service app) has reached a steady state."), None);
}

#[test]
fn nothing_told_is_said_to_be_nothing() {
    let reason = classify(None, &[], None);
    assert_eq!(
        (reason.kind, reason.plain.as_str()),
        (Kind::Unknown, "no reason was told")
    );
    let code = classify(
        Some(&StopCode::Other("NewCode".to_owned())),
        &["words"],
        None,
    );
    assert_eq!(code.kind, Kind::Unknown);
}
