//! What is taken over of a runner's configuration, and what is left out.

use super::*;

const RUNNER: &str = r#"
    concurrent = 4
    [[runners]]
      name = "shell"
      executor = "shell"
    [[runners]]
      name = "docker"
      executor = "docker"
      builds_dir = "/work"
      [runners.docker]
        host = "unix:///run/docker.sock"
        image = "debian:12"
        tls_verify = false
        privileged = true
        memory = "2g"
        shm_size = 1024
        helper_image_flavor = "ubuntu"
        volumes = ["/cache", "/var/run/docker.sock:/var/run/docker.sock", "/opt/sdk:/sdk:ro", "shared:/data"]
        pull_policy = ["always", "if-not-present"]
        ulimit = { nofile = "1024:2048" }
        network_mode = "host"
        surprise = 1
        [[runners.docker.services]]
          name = "postgres:16"
          alias = "db"
          environment = ["A=1"]
          pull_policy = ["never"]
"#;

#[test]
fn a_docker_section_becomes_settings_and_the_rest_is_told_with_why() {
    let imported = import(RUNNER, Path::new("config.toml"), None).unwrap();
    let settings = Settings::parse(&imported.text, Path::new("x")).unwrap();
    let docker = &settings.executor.docker;
    assert_eq!(settings.executor.builds_dir, "/work");
    assert_eq!(
        settings.docker.host.as_deref(),
        Some("unix:///run/docker.sock")
    );
    assert_eq!(docker.image.as_deref(), Some("debian:12"));
    assert_eq!(
        (docker.memory.as_deref(), docker.shm_size),
        (Some("2g"), 1024)
    );
    assert_eq!(docker.volumes, ["shared:/data"]);
    assert_eq!(docker.pull_policy.items().len(), 2);
    assert_eq!(
        (
            docker.services[0].name.as_str(),
            docker.services[0].environment.len()
        ),
        ("postgres:16", 1)
    );
    assert!(!docker.privileged && docker.network_mode.is_none());
    let dropped: Vec<&str> = imported
        .dropped
        .iter()
        .map(|(what, _)| what.as_str())
        .collect();
    assert_eq!(
        dropped,
        [
            "helper_image_flavor = \"ubuntu\"",
            "network_mode = \"host\"",
            "privileged = true",
            "services.pull_policy = [\"never\"]",
            "surprise = 1",
            "volumes = \"/var/run/docker.sock:/var/run/docker.sock\"",
            "volumes = \"/opt/sdk:/sdk:ro\""
        ]
    );
    assert!(imported.dropped.iter().all(|(_, why)| !why.is_empty()));
}

#[test]
fn privilege_that_is_bound_to_images_is_kept() {
    let text = "[[runners]]\nname = \"a\"\n[runners.docker]\nprivileged = true\nallowed_privileged_images = [\"x/*\"]\n";
    let imported = import(text, Path::new("c"), Some("a")).unwrap();
    assert!(imported.dropped.is_empty(), "{:?}", imported.dropped);
    assert!(imported.text.contains("privileged = true"));
}

#[test]
fn what_is_no_docker_runner_is_named() {
    let told = import(RUNNER, Path::new("c"), Some("other"))
        .unwrap_err()
        .to_string();
    assert!(told.contains("`shell`, `docker`"), "{told}");
    assert!(import("x = [", Path::new("c"), None).is_err());
}
