//! Layers that the host compresses and sends itself: whole, resumed, made once.

use serde_json::json;

use crate::support::{Job, Site};

/// All that makes a tar odd, and some megabytes that need several parts.
const ODD: &str = r#"FROM bench/bash:1
RUN mkdir -p /odd/dir && cd /odd && echo a > a && ln a hard && ln -s a soft && ln -s /etc/passwd out && ln -s /odd/dir up \
 && mkfifo fifo && : > empty && printf x > "$(printf 'b\377\nc')" && chmod 4755 a && echo deep > dir/file \
 && long=$(printf 'n%.0s' $(seq 1 120)) && mkdir -p $long/$long && echo long > $long/$long/$long \
 && head -c 9000000 /dev/urandom > noise && head -c 9000000 /dev/zero > zeros && echo end > zeros.end
RUN rm /odd/hard /odd/dir/file && rm -r /odd/dir && echo file > /odd/dir && mv /odd/noise /odd/moved && chown 7:8 /odd/moved
"#;

fn odd(site: &Site) -> Job<'_> {
    let text = format!("{ODD}RUN echo {} > /of\n", site.name);
    site.job().prepared().file_in("Dockerfile", &text)
}

#[test]
fn layers_are_pushed_byte_for_byte_whatever_stands_in_them() {
    let site = Site::new();
    let job = odd(&site);
    let ended = job
        .baws("build --push -t $REPO:x --json > told && cat told")
        .succeeded();
    let told: serde_json::Value =
        serde_json::from_str(&ended.out()[ended.out().find('{').expect("JSON")..])
            .unwrap_or_else(|error| panic!("{error}: {ended}"));
    job.cleaned_up();
    // An engine that pulls it takes every layer apart, and holds it against the image's own list.
    let reference = told["reference"].as_str().expect("it was pushed");
    let job = site.job().image(reference).prepared();
    job.run("build_script", "cat /odd/dir /odd/a; wc -c < /odd/moved; stat -c %u:%g /odd/moved; ls /odd | wc -l; cat /of")
        .succeeded()
        .printed("file\na\n9000000\n7:8\n")
        .printed(&site.name);
    job.cleaned_up();
}

#[test]
fn a_layer_that_was_sent_is_not_made_again() {
    let site = Site::new();
    let job = odd(&site);
    let digest = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    let first = job.baws("build --push -t $REPO:x . 2>&1").succeeded();
    let again = job
        .baws("build --no-skip --push -t $REPO:y . 2>&1")
        .succeeded();
    assert_eq!(digest(&first.out()), digest(&again.out()));
    again.printed(": every layer was there\n");
    job.cleaned_up();
}

#[test]
fn an_upload_that_is_cut_goes_on_where_it_was() {
    let site = Site::new();
    let job = odd(&site);
    let faults = site.faults(&[
        (
            "^PATCH /v2/{}/app/blobs/uploads/",
            json!({"times": 1, "after": {"drop": true}}),
        ),
        (
            "^PATCH /v2/{}/app/blobs/uploads/",
            json!({"times": 1, "skip": 2, "status": 503, "body": "{}"}),
        ),
        (
            "^PUT /v2/{}/app/manifests/",
            json!({"times": 1, "status": 500, "body": "{}"}),
        ),
    ]);
    let ended = job.baws("build --push -t $REPO:x . 2>&1").succeeded();
    drop(faults);
    let digest = site
        .digest(&site.repository("app"), "x")
        .expect("it was pushed");
    ended.printed(&digest);
    job.cleaned_up();
}
