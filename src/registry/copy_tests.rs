//! A copy between two registries on this machine, seen from the wire.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::super::loopback::{Answer, Request, Server, answer, at, basic, run};
use super::super::manifest::digest;
use super::*;

/// A registry that keeps what it is given, and sends for blobs to a store. Basic, so that a login is there to leak.
fn keeping(store: String) -> impl Fn(&str, &Request, usize) -> Answer + Send + Sync {
    let kept: Mutex<Vec<String>> = Mutex::new(Vec::new());
    move |_, request, _| {
        let Some((method, path)) = request.line.split_once(' ') else {
            return answer(400, "");
        };
        if request.authorization.is_none() {
            return answer(401, "").with("www-authenticate", "Basic realm=\"x\"");
        }
        let path = path.split('?').next().unwrap_or_default();
        let mut kept = kept.lock().unwrap();
        match method {
            "POST" => answer(202, "").with("location", "/v2/to/blobs/uploads/1?state=x"),
            "PATCH" => answer(202, "").with("location", "/v2/to/blobs/uploads/1?state=y"),
            "PUT" => {
                kept.push(path.to_owned());
                kept.push(format!("/v2/to/manifests/{}", digest(&request.body)));
                answer(201, "")
            }
            "GET" if path.contains("/blobs/") => {
                answer(307, "").with("location", format!("http://{store}/b?key=k3y"))
            }
            "GET" if path.ends_with("/index") => answer(200, index()),
            "GET" => answer(200, image()),
            _ if kept.iter().any(|one| one == path) => {
                let bytes = if path.ends_with(&digest(image().as_bytes())) {
                    image()
                } else {
                    index()
                };
                answer(200, "").with("docker-content-digest", digest(bytes.as_bytes()))
            }
            _ => answer(404, ""),
        }
    }
}

fn image() -> String {
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let (blob, far) = (digest(b"blob"), digest(b"far away"));
    format!(
        r#"{{"config": {{"digest": "{blob}", "size": 4}}, "layers": [{{"digest": "{blob}", "size": 4}},
            {{"mediaType": "{foreign}", "digest": "{far}", "size": 9}}]}}"#
    )
}

fn index() -> String {
    format!(
        r#"{{"manifests": [{{"digest": "{}", "size": {}}}]}}"#,
        digest(image().as_bytes()),
        image().len()
    )
}

#[test]
fn an_index_goes_after_its_images_and_the_login_stays_with_the_registry() {
    let store = Server::start(|_, _, _| answer(200, "blob"));
    let from = Server::start(keeping(store.host.clone()));
    let to = Server::start(keeping(store.host.clone()));
    let (source, target) = (at(&from, basic("pw")), at(&to, basic("pw")));
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let moved: Moved = Arc::new(move |bytes| {
        count.fetch_add(usize::try_from(bytes).unwrap(), Ordering::SeqCst);
    });
    let copied = run(copy_image(
        Place {
            registry: &source,
            repository: "from",
        },
        "index",
        Place {
            registry: &target,
            repository: "to",
        },
        &["v1".to_owned()],
        &moved,
    ));
    assert_eq!(
        copied.unwrap(),
        Copied {
            digest: digest(index().as_bytes()),
            layers: 1
        }
    );
    assert_eq!(told.load(Ordering::SeqCst), 4);
    let (blob, child) = (
        digest(b"blob").replace(':', "%3A"),
        digest(image().as_bytes()),
    );
    let sent: Vec<String> = to
        .lines()
        .into_iter()
        .filter(|line| line.starts_with('P'))
        .collect();
    assert_eq!(
        sent,
        [
            "POST /v2/to/blobs/uploads/".to_owned(),
            "PATCH /v2/to/blobs/uploads/1?state=x".to_owned(),
            format!("PUT /v2/to/blobs/uploads/1?state=y&digest={blob}"),
            format!("PUT /v2/to/manifests/{child}"),
            "PUT /v2/to/manifests/v1".to_owned(),
        ]
    );
    let patched = to
        .asked()
        .into_iter()
        .find(|request| request.line.starts_with("PATCH"))
        .unwrap();
    assert_eq!(patched.body, b"blob");
    assert!(
        store
            .asked()
            .iter()
            .all(|request| request.authorization.is_none())
    );
    assert_eq!(store.lines(), ["GET /b?key=k3y"]);
}
