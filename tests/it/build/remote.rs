//! `ADD` from elsewhere: fetched by the host, which has addresses of its own that are nobody else's business.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::site::write;
use crate::support::{Ended, Job, Site};

/// What the bench's metadata server tells whoever asks.
const SECRET: &str = "bench-metadata-secret";

#[track_caller]
fn turned_down(job: &Job<'_>, dockerfile: &str) -> Ended {
    write(&job.project(), "Dockerfile", dockerfile.as_bytes());
    let ended = job.baws("build --progress plain . 2>&1");
    assert!(!ended.out().contains(SECRET), "{dockerfile}{ended}");
    ended.failed_with_any(&[2, 15])
}

#[test]
fn nothing_is_added_from_addresses_that_are_the_hosts_own() {
    let site = Site::new();
    let job = site.job().prepared();
    for host in [
        "169.254.169.254",
        "169.254.170.2",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "127.0.0.1:5001",
        "127.1:5001",
        "127.0.0.2",
        "0x7f.1",
        "017700000001",
        "0.0.0.0:5001",
        "0:5001",
        "[::1]",
        "[::]",
        "localhost:5001",
        "LOCALHOST:5001",
        "localhost.:5001",
        "x.localhost",
        "metadata.google.internal",
        "user@169.254.169.254",
        "gitlab.bench.test@169.254.169.254",
    ] {
        turned_down(
            &job,
            &format!("FROM bench/busybox:1\nADD http://{host}/latest/ /x\nRUN cat /x/* /x\n"),
        );
    }
    job.cleaned_up();
}

#[test]
fn a_name_that_leads_to_this_host_is_refused_when_it_was_looked_up() {
    let site = Site::new();
    let job = site.job().prepared();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("every Linux has one");
    let ended = turned_down(
        &job,
        &format!(
            "FROM bench/busybox:1\nADD http://{}:5001/v2/ /x\n",
            name.trim()
        ),
    );
    ended.printed("127.0.0.1");
    job.cleaned_up();
}

#[test]
fn a_host_that_comes_from_a_variable_is_refused() {
    let site = Site::new();
    let job = site.job().prepared();
    for dockerfile in [
        "FROM bench/busybox:1\nARG H=169.254.169.254\nADD http://$H/latest/ /x\n",
        "FROM bench/busybox:1\nENV U=http://169.254.169.254/latest\nADD $U /x\n",
        "FROM bench/busybox:1\nENV U=ttp://169.254.169.254/latest\nADD h$U /x\n",
        "FROM bench/busybox:1\nARG H=169.254.169.254\nADD [\"http://${H}/latest/\", \"/x\"]\n",
        "FROM bench/busybox:1\nADD h\"tt\"p://169.254.169.254/latest /x\n",
        "FROM bench/busybox:1\nADD http:\\\n//169.254.169.254/latest /x\n",
        "FROM bench/busybox:1\nADD --chown=0:0 hello http://169.254.169.254/latest /x/\n",
    ] {
        turned_down(&job, dockerfile);
    }
    job.cleaned_up();
}

#[test]
fn an_add_that_a_base_image_brings_is_judged_too() {
    let site = Site::new();
    let base = site.stand.made(
        "build-adder",
        "FROM bench/busybox:1\nONBUILD ADD http://169.254.169.254/latest /x\n",
    );
    let job = site.job().prepared();
    turned_down(&job, &format!("FROM {base}\nRUN cat /x\n"));
    job.cleaned_up();
}

#[test]
fn git_repositories_are_not_cloned_by_the_host() {
    let site = Site::new();
    let job = site.job().prepared();
    for url in [
        "git@gitlab.bench.test:it/project.git",
        "https://gitlab.bench.test/root/bench.git",
        "https://gitlab.bench.test/root/bench.git#main:sub",
        "git://gitlab.bench.test/root/bench",
        "ssh://git@gitlab.bench.test/root/bench",
    ] {
        let ended = turned_down(&job, &format!("FROM bench/busybox:1\nADD {url} /x\n"));
        assert!(ended.out().contains("git"), "{ended}");
    }
    // Builders before this one cloned it; it is a path of the context like any other.
    write(
        &job.project(),
        "Dockerfile",
        b"FROM bench/busybox:1\nADD github.com/docker/cli /x\n",
    );
    job.baws("build . 2>&1")
        .failed_with(5)
        .printed("is taken as a path in the context");
    job.cleaned_up();
}

/// Serves each request with the answer for its path, on an address of the bench that is not loopback.
fn server(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("203.0.113.10:0").expect("the bench has this address");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..count]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            if stream.write_all(answer(&path).as_bytes()).is_err() {
                // The client has hung up.
            }
        }
    });
    address
}

fn body(text: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

#[test]
fn a_redirect_is_judged_like_the_address_itself() {
    let site = Site::new();
    let job = site.job().prepared();
    for to in [
        "http://169.254.169.254/latest/",
        "http://127.0.0.1:5001/v2/",
        "http://localhost:5001/v2/",
        "http://2852039166/",
        "file:///etc/passwd",
    ] {
        let address = server(move |_| {
            format!(
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        });
        turned_down(
            &job,
            &format!("FROM bench/busybox:1\nADD http://{address}/it /x\n"),
        );
    }
    job.cleaned_up();
}

#[test]
fn what_is_added_is_what_its_server_gave() {
    let site = Site::new();
    let address = server(|path| {
        match path {
        "/moved" => "HTTP/1.1 302 Found\r\nLocation: /a/file.txt\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        "/gone" => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort".to_owned(),
        _ => body("from elsewhere\n"),
    }
    });
    let job = site.job().prepared();
    let dockerfile = format!(
        "FROM bench/busybox:1\nADD http://{address}/moved /d/\nADD http://{address}/a/file.txt?x=1 /e/\nRUN ls -ln /d /e; cat /d/* /e/*\n"
    );
    let job = job.file_in("Dockerfile", &dockerfile);
    let out = job.baws("build --progress plain . 2>&1").succeeded().out();
    assert_eq!(out.matches("from elsewhere").count(), 2, "{out}");
    assert_eq!(out.matches("-rw-------").count(), 2, "{out}");
    for path in ["gone", "cut"] {
        let job = site
            .job()
            .runner("CI_CONCURRENT_PROJECT_ID", "4")
            .prepared();
        let job = job.file_in(
            "Dockerfile",
            &format!("FROM bench/busybox:1\nADD http://{address}/{path} /x\n"),
        );
        let ended = job.baws("build . 2>&1");
        assert!(
            ended.code == 1 && ended.out().contains(&format!("http://{address}/{path}")),
            "{ended}"
        );
        job.cleaned_up();
    }
    job.cleaned_up();
}

#[test]
fn no_step_reaches_the_metadata() {
    let site = Site::new();
    let ask =
        "timeout 5 wget -q -O - http://169.254.169.254/latest/meta-data/ 2>&1 || true; sleep 0.3";
    let job = site
        .job()
        .prepared()
        .file_in("Dockerfile", &format!("FROM bench/busybox:1\nRUN {ask}\n"));
    for builder in ["buildkit", "classic"] {
        let ended = job
            .baws(&format!(
                "build --builder {builder} --progress plain --no-cache . 2>&1"
            ))
            .succeeded();
        let out = ended.out();
        assert!(
            out.contains("No route to host") && !out.contains(SECRET),
            "{builder}: {ended}"
        );
    }
    job.cleaned_up();
}
