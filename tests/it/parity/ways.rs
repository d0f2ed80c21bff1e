//! How a host gets out: a proxy, a registry mirror, an authority of the company's own.

use serde_json::json;

use crate::support::proxy::Proxy;
use crate::support::{Site, Stand};

#[test]
fn the_host_asks_aws_and_registries_through_its_proxy_but_for_what_needs_none() {
    let site = Site::new();
    let proxy = Proxy::open();
    site.image_of_ecr();
    let dir = site.directory("here");
    let ask = |no_proxy: &str| {
        let words = [
            "build",
            "--push",
            "-t",
            &format!("{}:x", site.repository("app")),
        ];
        let mut command = site.command(&dir, &words);
        command.env("HTTPS_PROXY", proxy.url());
        command.env("NO_PROXY", no_proxy);
        crate::support::Started::begin(command, "build", None)
            .end()
            .succeeded();
        proxy.asked()
    };
    assert_eq!(ask("*"), Vec::<String>::new());
    let asked = ask("");
    let registry = format!("{}:443", site.host());
    assert!(asked.contains(&registry), "{asked:?}");
    assert!(
        asked.iter().any(|one| one.starts_with("api.ecr.")),
        "{asked:?}"
    );
    assert!(
        !asked.iter().any(|one| one.starts_with("169.254.")),
        "{asked:?}"
    );
}

#[test]
fn the_operators_proxy_and_authority_are_in_every_container_of_a_job() {
    let stand = Stand::new();
    let file = stand.dir().join("corp.pem");
    std::fs::write(&file, "the authority\n").expect("it is ours");
    let file = file.canonicalize().expect("it is there");
    let path = file.display();
    let stand = stand
        .set(
            "executor.docker.volumes",
            &format!("[\"{path}:/etc/ssl/corp.pem:ro\"]"),
        )
        .set(
            "executor.docker.allowed_host_paths",
            &format!("[\"{path}\"]"),
        );
    let job = stand
        .job()
        .runner("HTTPS_PROXY", "http://proxy.example:3128")
        .runner("SSL_CERT_FILE", "/etc/ssl/corp.pem")
        .service(json!({"name": "bench/busybox:1", "command": ["sleep", "4713"]}))
        .prepared();
    let inside = "cat /etc/ssl/corp.pem; ! echo x 2> /dev/null > /etc/ssl/corp.pem";
    for stage in ["get_sources", "build_script"] {
        job.run(stage, inside)
            .succeeded()
            .printed("the authority\n");
    }
    let service = job.container("service-1");
    for container in [&service, &job.container("build")] {
        let inside = format!("echo $HTTPS_PROXY; {inside}");
        let words = ["exec", container, "sh", "-c", &inside];
        let told = stand.bench.engine.docker(&words);
        assert_eq!(told, "http://proxy.example:3128\nthe authority");
    }
    let env = stand.bench.engine.inspect(&service)["Config"]["Env"].to_string();
    assert!(!env.contains("SSL_CERT_FILE"), "{env}");
    job.cleaned_up();
}

#[test]
fn the_engines_registry_mirror_is_used_for_the_images_of_jobs() {
    let site = Site::alone();
    let bench = &site.stand.bench;
    let name = format!("mirrored-{}", site.stand.token);
    // The registry behind the bench's ECR is a mirror like any other.
    let there = format!("127.0.0.1:5001/library/{name}:1");
    bench.engine.docker(&["tag", "bench/bash:1", &there]);
    bench.engine.docker(&["push", &there]);
    bench.engine.docker(&["rmi", &there]);
    bench.command(&[
        "dockerd",
        "restart",
        "--registry-mirror",
        "http://127.0.0.1:5001",
    ]);
    let job = site.job().image(&format!("{name}:1"));
    let prepared = job.prepare();
    bench.command(&["dockerd", "restart"]);
    prepared.succeeded().says(&format!("Pulled `{name}:1` in "));
    job.cleaned_up();
    bench.engine.docker(&["rmi", &format!("{name}:1")]);
}
