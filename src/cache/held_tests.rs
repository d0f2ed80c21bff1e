//! What counts as ours, and what may go.

use std::collections::HashMap;

use super::*;

fn used(kind: Kind, name: &str, secs_ago: u64) -> Used {
    Used {
        kind,
        at: now() - Duration::from_secs(secs_ago),
        name: name.to_owned(),
        by: vec![Whose {
            key: "0123456789abcdef".to_owned(),
            project: "g/app".to_owned(),
            side: "protected".to_owned(),
        }],
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000)
}

fn image(tags: &[&str], digests: &[&str]) -> ImageUsage {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ImageUsage {
        tags: owned(tags),
        digests: owned(digests),
        size: 100,
        shared: 30,
        ..ImageUsage::default()
    }
}

fn state(image: ImageUsage) -> State {
    let notes = vec![
        used(Kind::Image, "docker.io/library/node:22", 9000),
        used(Kind::Image, "r.example/app:1", 60),
        used(Kind::Image, "r.example/tool:1", 9000),
    ];
    let usage = Usage {
        images: vec![image],
        ..Usage::default()
    };
    let held = joined(usage, notes, &["r.example/tool:1".to_owned()], now());
    held.holdings[0].state
}

#[test]
fn only_what_jobs_used_under_all_of_its_names_may_go() {
    assert_eq!(state(image(&["node:22"], &[])), State::MayGo);
    assert_eq!(state(image(&["node:22", "mine:1"], &[])), State::Foreign);
    assert_eq!(state(image(&["mine:1"], &[])), State::Foreign);
    assert_eq!(state(image(&["r.example/app:1"], &[])), State::UsedOfLate);
    assert_eq!(state(image(&["r.example/tool:1"], &[])), State::Warm);
    let mut running = image(&["node:22"], &[]);
    running.containers = 1;
    assert_eq!(state(running), State::InUse);
}

#[test]
fn an_image_that_lost_its_name_is_of_its_repository() {
    let digest = format!("sha256:{}", "0".repeat(64));
    assert_eq!(
        state(image(&[], &[&format!("node@{digest}")])),
        State::MayGo
    );
    assert_eq!(
        state(image(&[], &[&format!("mine@{digest}")])),
        State::Foreign
    );
    assert_eq!(state(image(&[], &[])), State::Foreign);
    let mut built = image(&[], &[]);
    built.labels = HashMap::from([(label::JOB_URL.to_owned(), "u".to_owned())]);
    assert_eq!(state(built), State::MayGo);
}

#[test]
fn volumes_are_counted_where_they_are_kept_for_jobs_and_layers_of_images_once() {
    let volume = |name: &str, label: &str, containers: u64| VolumeUsage {
        name: name.to_owned(),
        labels: HashMap::from([(label.to_owned(), "cache".to_owned())]),
        size: 5,
        containers,
        ..VolumeUsage::default()
    };
    let record = |shared: bool| CacheRecord {
        size: 7,
        shared,
        ..CacheRecord::default()
    };
    let usage = Usage {
        layers: 100,
        images: vec![image(&["node:22"], &[])],
        volumes: vec![
            volume("kept", label::KEPT, 0),
            volume("other", label::KEPT, 0),
            volume("busy", label::KEPT, 1),
            volume("db", "x", 0),
        ],
        records: vec![record(false), record(true)],
    };
    let held = joined(usage, vec![used(Kind::Volume, "kept", 9000)], &[], now());
    assert_eq!(
        (held.volumes(), held.build_cache(), held.total()),
        (15, 7, 122)
    );
    assert_eq!(held.holdings[0].own_bytes, 70);
    let volumes: Vec<_> = held.holdings[1..].iter().map(|one| one.state).collect();
    assert_eq!(volumes, [State::MayGo, State::Foreign, State::InUse]);
    assert_eq!(held.holdings[1].used_by[0].project, "g/app");
}
