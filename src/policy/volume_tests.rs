//! The grammar of volumes, and what leads out of what the operator lends.

use super::*;

fn read(text: &str, allowed: &[&str]) -> Result<Vec<Lent>, String> {
    let settings = JobContainerSettings {
        volumes: vec![text.to_owned()],
        allowed_host_paths: allowed.iter().map(ToString::to_string).collect(),
        ..JobContainerSettings::default()
    };
    let variables = BTreeMap::from([
        ("SHARE".to_owned(), "tools".to_owned()),
        ("UP".to_owned(), "../../run".to_owned()),
    ]);
    let real = |path: &str| match path {
        "/link" => Ok(PathBuf::from("/secret")),
        "/gone" => Err(std::io::ErrorKind::NotFound.into()),
        "/opt/../../run" => Ok(PathBuf::from("/run")),
        other => Ok(PathBuf::from(other)),
    };
    let host = HostPaths {
        real: &real,
        sockets: &[PathBuf::from("/run/docker.sock")],
    };
    volumes(&settings, &variables, &host).map_err(|error| error.to_string())
}

#[test]
fn the_runners_grammar_is_read() {
    let kept = |target: &str| Lent::Kept {
        target: target.to_owned(),
    };
    assert_eq!(read("/data/", &[]), Ok(vec![kept("/data")]));
    assert_eq!(
        read("shared:/data:ro", &[]),
        Ok(vec![Lent::Named {
            name: "shared".to_owned(),
            target: "/data".to_owned(),
            read_only: true
        }])
    );
    assert_eq!(
        read("/opt/$SHARE:/t:ro,z", &["/opt/*"]),
        Ok(vec![Lent::Host {
            source: "/opt/tools".to_owned(),
            target: "/t".to_owned(),
            modes: "ro,z".to_owned()
        }])
    );
    assert!(
        read("/opt/a/b:/t", &["/opt/a"]).is_ok(),
        "and what is below it"
    );
}

#[test]
fn what_leads_out_of_what_is_lent_is_refused_with_why() {
    for (text, allowed, why) in [
        ("/opt:/t", "/srv", "`/opt` is not in `allowed_host_paths`"),
        ("/link:/t", "/link", "`/secret` is not in"),
        ("/opt/$UP:/t", "/opt/**", "holds the engine's socket"),
        ("/run/docker.sock:/t", "/**", "holds the engine's socket"),
        ("/:/host", "/", "holds the engine's socket"),
        ("/gone:/t", "/gone", "of this host"),
        ("baws-cache-1:/t", "", "other jobs' volumes"),
        ("a b:/t", "", "is no name of a volume"),
        ("x:t", "", "is no absolute path"),
        ("/a/../b", "", "is no absolute path"),
        ("/", "", "is no absolute path"),
        ("/.baws/x", "", "belongs to baws-ci"),
        ("x:/t:rx", "", "`rx` is no mode"),
        ("a:/b:ro:c", "", "more than three parts"),
    ] {
        let told = read(text, &[allowed]).unwrap_err();
        assert!(told.contains(why), "{text}: {told}");
    }
}

proptest::proptest! {
    /// Whatever stands in the operator's text or in the job's variable: nothing but what is lent reaches a job, at a plain path.
    #[test]
    fn fuzz_volumes(
        text in "(/opt|/link|name|/|\\.\\.|/run|docker\\.sock|\\$SHARE|\\$UP|\\$\\{LOT\\}|:|ro|,|z|[^a-z]){0,12}|\\PC{0,40}",
        lot in "[/.:a-z$,]{0,20}|\\PC{0,20}",
    ) {
        let settings = JobContainerSettings {
            volumes: vec![text],
            allowed_host_paths: vec!["/opt/**".to_owned(), "/opt".to_owned()],
            ..JobContainerSettings::default()
        };
        let variables = BTreeMap::from([
            ("SHARE".to_owned(), "tools".to_owned()),
            ("UP".to_owned(), "../../run".to_owned()),
            ("LOT".to_owned(), lot),
        ]);
        let host = HostPaths { real: &walked, sockets: &[PathBuf::from("/run/docker.sock")] };
        for one in volumes(&settings, &variables, &host).unwrap_or_default() {
            let target = one.target();
            proptest::prop_assert!(target.starts_with('/') && target.len() > 1, "{one:?}");
            proptest::prop_assert!(target.split('/').all(|part| part != ".."), "{one:?}");
            proptest::prop_assert!(!target.contains(':') && !target.starts_with("/.baws/"), "{one:?}");
            match &one {
                Lent::Host { source, .. } => {
                    proptest::prop_assert!(Path::new(source).starts_with("/opt"), "{one:?}");
                }
                Lent::Named { name, .. } => proptest::prop_assert!(!name.starts_with("baws-"), "{one:?}"),
                Lent::Kept { .. } => {}
            }
        }
    }
}

/// Where a path leads: `/link` to `/secret`, and `..` up.
fn walked(path: &str) -> std::io::Result<PathBuf> {
    let mut real = PathBuf::from("/");
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) if real == Path::new("/") && name == "link" => {
                real.push("secret")
            }
            Component::Normal(name) => real.push(name),
            Component::ParentDir => {
                real.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(real)
}
