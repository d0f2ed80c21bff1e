//! A file that people wrote keeps all that they wrote.

use insta::assert_snapshot;

use super::*;

fn put(text: &str) -> (tempfile::TempDir, ConfigFile) {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let mut file = ConfigFile::read(&path).unwrap();
    let token = Secret::new("glrt-new");
    file.put(&Entry {
        name: "baws",
        url: "https://gitlab.example",
        id: Some(7),
        token: &token,
        program: Path::new("/usr/local/bin/baws-ci"),
        settings: None,
        concurrent: None,
    })
    .unwrap();
    (room, file)
}

#[test]
fn a_new_file_has_all_that_a_runner_needs() {
    let (_room, file) = put("");
    assert_snapshot!(file.texts().1, @r#"
    concurrent = 4

    [[runners]]
    name = "baws"
    url = "https://gitlab.example"
    id = 7
    token = "glrt-new"
    executor = "custom"
    builds_dir = "/builds"
    cache_dir = "/cache"
    request_concurrency = 4
    safe_directory_checkout = true

    [runners.custom_build_dir]
    enabled = true

    [runners.feature_flags]
    FF_GIT_URLS_WITHOUT_TOKENS = true

    [runners.custom]
    config_exec = "/usr/local/bin/baws-ci"
    config_args = ["executor", "config"]
    prepare_exec = "/usr/local/bin/baws-ci"
    prepare_args = ["executor", "prepare"]
    run_exec = "/usr/local/bin/baws-ci"
    run_args = ["executor", "run"]
    cleanup_exec = "/usr/local/bin/baws-ci"
    cleanup_args = ["executor", "cleanup"]
    prepare_exec_timeout = 1800
    cleanup_exec_timeout = 120
    graceful_kill_timeout = 45
    force_kill_timeout = 15
    "#);
}

#[test]
fn comments_other_runners_and_chosen_times_stay() {
    let written = r#"# of the platform team
concurrent = 12 # as many as fit

[[runners]] # the old one
  name = "docker"
  url = "https://gitlab.example"
  token = "glrt-other"
  executor = "docker"
  [runners.docker]
    image = "debian:12"

[[runners]]
  name = "baws"
  url = "https://gitlab.example/"
  token = "glrt-old" # of last year
  executor = "custom"
  limit = 3
  [runners.custom]
    prepare_exec_timeout = 60 # quick
    run_exec = "/opt/old/baws-ci"
"#;
    let (_room, file) = put(written);
    assert_snapshot!(file.texts().1, @r#"
    # of the platform team
    concurrent = 12 # as many as fit

    [[runners]] # the old one
      name = "docker"
      url = "https://gitlab.example"
      token = "glrt-other"
      executor = "docker"
      [runners.docker]
        image = "debian:12"

    [[runners]]
      name = "baws"
      url = "https://gitlab.example/"
      token = "glrt-new" # of last year
      executor = "custom"
      limit = 3
      id = 7
      builds_dir = "/builds"
      cache_dir = "/cache"
      request_concurrency = 4
      safe_directory_checkout = true
      [runners.custom]
        prepare_exec_timeout = 60 # quick
        run_exec = "/usr/local/bin/baws-ci"
        config_exec = "/usr/local/bin/baws-ci"
        config_args = ["executor", "config"]
        prepare_exec = "/usr/local/bin/baws-ci"
        prepare_args = ["executor", "prepare"]
        run_args = ["executor", "run"]
        cleanup_exec = "/usr/local/bin/baws-ci"
        cleanup_args = ["executor", "cleanup"]
        cleanup_exec_timeout = 120
        graceful_kill_timeout = 45
        force_kill_timeout = 15

    [runners.custom_build_dir]
    enabled = true

    [runners.feature_flags]
    FF_GIT_URLS_WITHOUT_TOKENS = true
    "#);
    assert!(file.token("https://gitlab.example", "docker").is_err());
    let token = file.token("https://gitlab.example", "baws").unwrap();
    assert_eq!(token.unwrap().reveal(), "glrt-new");
    // Again: nothing to do.
    let (_room, again) = put(&file.texts().1);
    assert_eq!(again.texts().0, again.texts().1);
}

#[test]
fn what_changed_meanwhile_and_what_is_no_configuration_are_left_alone() {
    let (room, file) = put("concurrent = 1\n");
    let path = room.path().join("config.toml");
    std::fs::write(&path, "concurrent = 2\n").unwrap();
    assert!(file.save().is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "concurrent = 2\n");
    for broken in [
        "concurrent = ",
        "runners = 3\n",
        "[runners]\nname = \"x\"\n",
    ] {
        std::fs::write(&path, broken).unwrap();
        assert!(ConfigFile::read(&path).is_err(), "{broken}");
    }
}
