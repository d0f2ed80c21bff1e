//! Secrets: of the build, of AWS, of the registry. None is found in a layer, a history, a label, a log, metadata or an inspection.

use crate::support::ecr::repository_of;
use crate::support::site::write;
use crate::support::{Job, Site};

/// Raw, and as it stands in base64 whatever comes before it.
fn forms(secret: &str) -> Vec<String> {
    let run = |input: &[u8]| {
        let mut child = std::process::Command::new("base64")
            .args(["-w", "0"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("coreutils are everywhere");
        std::io::Write::write_all(&mut child.stdin.take().expect("asked for above"), input)
            .expect("it reads");
        String::from_utf8(child.wait_with_output().expect("it ends").stdout)
            .expect("base64 is text")
    };
    let inner = |shift: usize| {
        let mut bytes = vec![b'x'; shift];
        bytes.extend_from_slice(secret.as_bytes());
        let text = run(&bytes);
        text[4..text.len() - 4].to_owned()
    };
    vec![secret.to_owned(), inner(0), inner(1), inner(2)]
}

#[track_caller]
fn hides(what: &str, bytes: &[u8], secrets: &[String]) {
    for secret in secrets {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{what} holds the secret `{secret}`");
    }
}

const USES: &str = "FROM bench/busybox:1\nRUN --mount=type=secret,id=tok test \"$(wc -c < /run/secrets/tok)\" = 26 && echo used\nRUN --mount=type=secret,id=tok,target=/etc/tok,required test -s /etc/tok; ls /run/secrets /etc/tok; true\nRUN ! test -s /run/secrets/tok && ! test -s /etc/tok && echo gone\n";

/// Every byte that a job and its image leave somewhere.
#[track_caller]
fn everything(site: &Site, job: &Job<'_>, kept: &str, log: &str) -> Vec<(String, Vec<u8>)> {
    let held = repository_of(&site.repository("app"));
    let engine = &site.stand.bench.engine;
    let digest = kept.trim();
    assert_eq!(held.manifest("x")["config"]["digest"], digest);
    let mut all = vec![
        ("the log".to_owned(), log.as_bytes().to_vec()),
        (
            "the configuration".to_owned(),
            held.config("x").to_string().into_bytes(),
        ),
        (
            "the image's layers".to_owned(),
            engine.try_docker(&["save", digest], "").stdout,
        ),
        (
            "the image's inspection".to_owned(),
            engine.docker(&["inspect", digest]).into_bytes(),
        ),
        (
            "the image's history".to_owned(),
            engine
                .docker(&["history", "--no-trunc", digest])
                .into_bytes(),
        ),
    ];
    for role in ["build", "helper"] {
        all.push((
            format!("the {role} container's inspection"),
            engine
                .inspect(&job.container(role))
                .to_string()
                .into_bytes(),
        ));
    }
    for file in ["m", "j", "e", "i"] {
        all.push((
            format!("the file `{file}`"),
            std::fs::read(job.project().join(file)).expect("it was written"),
        ));
    }
    all
}

#[test]
fn a_build_secret_is_used_and_left_nowhere() {
    let site = Site::new();
    let secret = "a-build-secret-0123456789!";
    let job = site
        .job()
        .secret("TOKEN", secret)
        .prepared()
        .file_in("Dockerfile", USES);
    let kept = job
        .baws("build -q -t kept:1 --secret id=tok,env=TOKEN")
        .succeeded()
        .out();
    let words = "build --push -t $REPO:x --metadata-file m --dotenv e --iidfile i --progress plain --secret id=tok,env=TOKEN --json . 2>&1 | tee j";
    let ended = job.baws(words).succeeded();
    for (what, bytes) in everything(&site, &job, &kept, &ended.out()) {
        hides(&what, &bytes, &forms(secret));
    }
    let out = job
        .baws("build --no-cache --progress plain --secret id=tok,env=TOKEN . 2>&1")
        .succeeded();
    out.printed(" used").printed(" gone");
    // A file, and what a JSON log would show.
    write(&job.project(), "secret-file", secret.as_bytes());
    write(&job.project(), ".dockerignore", b"secret-file\n");
    let ended = job
        .baws("build --no-cache --progress json --secret id=tok,src=secret-file . 2>&1")
        .succeeded()
        .printed("used");
    hides("the JSON log", &ended.out().into_bytes(), &forms(secret));
    job.cleaned_up();
}

#[test]
fn a_secret_that_is_missing_or_wrong_is_named_and_not_shown() {
    let site = Site::new();
    let job = site
        .job()
        .variable("VALUE", "the-value")
        .prepared()
        .file_in("Dockerfile", USES);
    for (flag, said) in [
        (
            "id=tok,env=NOT_SET",
            "the variable `NOT_SET`, which is not set",
        ),
        ("id=tok,src=/nowhere", "cannot read the secret `tok`"),
        ("src=/etc/passwd", "it has no id"),
        ("id=tok,src=a,env=VALUE", "both a file and a variable"),
    ] {
        job.baws(&format!("build --secret {flag} ."))
            .failed_with(2)
            .printed(said);
    }
    let ended = job.baws("build .");
    assert!(ended.code == 1 && ended.out().contains("tok"), "{ended}");
    job.baws("build --builder classic --secret id=tok,env=VALUE .")
        .failed_with(2)
        .printed("error: the classic builder knows no build secrets\n");
    job.cleaned_up();
}

/// No path and no variable of a request is read on the host.
#[test]
fn a_secret_is_never_read_on_the_host() {
    let site = Site::new();
    let planted = site.stand.dir().join("planted");
    std::fs::write(&planted, "planted on the host").expect("the stand's directory can be written");
    let job = site
        .job()
        .env("ONLY_ON_THE_HOST", "planted on the host")
        .prepared()
        .file_in(
            "Dockerfile",
            "FROM bench/busybox:1\nRUN --mount=type=secret,id=tok cat /run/secrets/tok\n",
        );
    for flag in [
        format!("id=tok,src={}", planted.display()),
        "id=tok,env=ONLY_ON_THE_HOST".to_owned(),
        "id=tok,env=AWS_SECRET_ACCESS_KEY".to_owned(),
    ] {
        job.baws(&format!("build --progress plain --secret {flag} . 2>&1"))
            .failed_with(2);
    }
    job.cleaned_up();
}

#[test]
fn neither_keys_nor_tokens_of_aws_reach_a_job_its_image_or_its_log() {
    let site = Site::new();
    let job = site.job().prepared().file_in(
        "Dockerfile",
        "FROM bench/busybox:1\nRUN env; cat /root/.docker/config.json /kaniko/.docker/config.json 2>&1; true\n",
    );
    let kept = job.baws("build -q -t kept:1").succeeded().out();
    let ended = job
        .baws("build --push -t $REPO:x --metadata-file m --dotenv e --iidfile i --progress plain --json . 2>&1 | tee j; env; cat /proc/*/environ 2>&1 | tr '\\0' '\\n'")
        .succeeded();
    let value = |name: &str| {
        let pair = site.stand.bench.aws.iter().find(|(key, _)| key == name);
        pair.expect("the bench sets it").1.clone()
    };
    let tokens = site.stand.state_dir().join("tokens");
    let mut secrets: Vec<String> = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        .iter()
        .flat_map(|name| forms(&value(name)))
        .collect();
    let mut found = 0;
    for entry in std::fs::read_dir(&tokens)
        .expect("a token was fetched")
        .flatten()
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = entry.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        if let Ok(token) = serde_json::from_str::<serde_json::Value>(&text)
            && let Some(password) = token["password"].as_str()
        {
            found += 1;
            secrets.extend(forms(password));
        }
    }
    assert!(
        found > 0,
        "the token is kept in another form than this test knows"
    );
    for (what, bytes) in everything(&site, &job, &kept, &ended.out()) {
        hides(&what, &bytes, &secrets);
    }
    job.cleaned_up();
}
