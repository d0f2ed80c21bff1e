//! What people and programs are told of a host's cache.

use super::*;
use crate::cache::Whose;
use crate::docker::CacheRecord;

fn held() -> Held {
    let whose = |project: &str, side: &str| Whose {
        key: String::new(),
        project: project.to_owned(),
        side: side.to_owned(),
    };
    let holding = |kind: Kind, id: &str, names: &[&str], used_by: Vec<Whose>, state| Holding {
        kind,
        id: id.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        bytes: 1_500_000,
        own_bytes: 1_000_000,
        created_at: 1000,
        used_at: (!used_by.is_empty()).then_some(5000),
        used_by,
        state,
    };
    let both = vec![whose("g/app", "protected"), whose("g/web", "unprotected")];
    let one = vec![whose("g/app", "protected")];
    Held {
        holdings: vec![
            holding(
                Kind::Image,
                "sha256:1",
                &["mine:1"],
                Vec::new(),
                State::Foreign,
            ),
            holding(
                Kind::Image,
                "sha256:2",
                &["node:22", "node:lts"],
                both,
                State::InUse,
            ),
            holding(
                Kind::Volume,
                "baws-cache-1-protected",
                &[],
                one,
                State::MayGo,
            ),
        ],
        layers: 2_500_000,
        records: vec![CacheRecord {
            size: 4_000_000,
            in_use: true,
            ..CacheRecord::default()
        }],
    }
}

#[test]
fn a_table_names_who_uses_what_and_what_may_go() {
    insta::assert_snapshot!(table(&held(), Some(60_000_000_000), None, 15_000), @r"
    KIND    NAME                    SIZE    OWN     USED     BY                      STATE
    image   node:22 (+1)            1.5 MB  1.0 MB  2 h ago  g/app (protected) (+1)  in use
    volume  baws-cache-1-protected  1.5 MB  1.0 MB  2 h ago  g/app (protected)       may go
    image   mine:1                  1.5 MB  1.0 MB  -        -                       not of a job

    PROJECT  SIDE       OWN
    g/app    protected  1.0 MB

    Held: 8.0 MB, of 60 GB: images 2.5 MB, volumes 1.5 MB, build cache 4.0 MB
    ");
    insta::assert_snapshot!(table(&held(), None, Some("g/web"), 15_000), @r"
    KIND   NAME          SIZE    OWN     USED     BY                      STATE
    image  node:22 (+1)  1.5 MB  1.0 MB  2 h ago  g/app (protected) (+1)  in use

    Held: 8.0 MB: images 2.5 MB, volumes 1.5 MB, build cache 4.0 MB
    ");
}

#[test]
fn as_json_it_is_one_object() {
    insta::assert_snapshot!(as_json(&held(), None, Some("g/app")), @r#"
    {"budget_bytes":null,"build_cache_bytes":4000000,"build_cache_in_use_bytes":4000000,"held_bytes":8000000,"holdings":[{"bytes":1500000,"created_at":"1970-01-01T00:16:40Z","id":"sha256:2","kind":"image","names":["node:22","node:lts"],"own_bytes":1000000,"state":"in-use","used_at":"1970-01-01T01:23:20Z","used_by":[{"project":"g/app","side":"protected"},{"project":"g/web","side":"unprotected"}]},{"bytes":1500000,"created_at":"1970-01-01T00:16:40Z","id":"baws-cache-1-protected","kind":"volume","names":[],"own_bytes":1000000,"state":"may-go","used_at":"1970-01-01T01:23:20Z","used_by":[{"project":"g/app","side":"protected"}]}],"image_bytes":2500000,"projects":[{"own_bytes":1000000,"project":"g/app","side":"protected"}],"schema":"baws-ci/images/1","volume_bytes":1500000}
    "#);
}

#[test]
fn a_collector_says_what_it_did_and_what_is_left() {
    let mut done = Collected {
        budget_bytes: 2_000_000_000,
        before_bytes: 4_000_000_000,
        after_bytes: 1_000_000_000,
        ..Collected::default()
    };
    let told = |done: &Collected, mode| {
        let (told, warning) = collected(done, mode);
        format!("{told}\n{}", warning.unwrap_or_default())
    };
    insta::assert_snapshot!(told(&done, Mode::Remove), @"Nothing was collected: 1.0 GB of 2.0 GB are held");
    done.build_cache_bytes = 2_000_000_000;
    done.after_bytes = 3_000_000_000;
    insta::assert_snapshot!(told(&done, Mode::Remove), @r"
    Collected 0 images, 0 volumes and 2.0 GB of build cache that were used longest ago: 3.0 GB of 2.0 GB are held
    more is held than the budget allows, and nothing else may go: it is in use, was used of late, is kept warm, or was brought by somebody else (`baws-ci images` tells which)
    ");
    insta::assert_snapshot!(told(&done, Mode::DryRun), @r"
    Would collect 0 images, 0 volumes and 2.0 GB of build cache that were used longest ago: about 3.0 GB of 2.0 GB would be held
    more is held than the budget allows, and nothing else may go: it is in use, was used of late, is kept warm, or was brought by somebody else (`baws-ci images` tells which)
    ");
}
