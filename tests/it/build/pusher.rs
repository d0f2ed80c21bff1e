//! Layers that the host compresses and sends itself: whole, resumed, made once.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::ecr::{Face, repository_of};
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

/// The digests of an image's layers, unpacked, from what the registry has; and the kinds of its parts.
fn unpacked(site: &Site, tag: &str) -> (Vec<String>, Vec<String>) {
    let held = repository_of(&site.repository("app"));
    let manifest = held.manifest(tag);
    let parts = manifest["layers"].as_array().expect("an image has layers");
    let of = |part: &Value, key: &str| part[key].as_str().expect("it is a text").to_owned();
    let mut kinds = vec![
        of(&manifest, "mediaType"),
        of(&manifest["config"], "mediaType"),
    ];
    kinds.extend(parts.iter().map(|part| of(part, "mediaType")));
    kinds.dedup();
    let layers = parts.iter().map(|part| {
        let blob = held.blob(&of(part, "digest"));
        assert_eq!(part["size"], blob.len());
        let raw = zstd::stream::decode_all(&blob[..]).expect("it is zstd");
        let digits: String = Sha256::digest(&raw)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("sha256:{digits}")
    });
    (layers.collect(), kinds)
}

#[test]
fn layers_are_compressed_by_zstd_where_that_is_asked() {
    let site = Site::new();
    let job = odd(&site);
    let gzip = job.baws("build --push -q -t $REPO:gzip").succeeded();
    // The same inputs in another form are another image, found again under a key of its own.
    let zstd = "build --push --compression zstd -t $REPO:zstd . 2>&1";
    job.baws(zstd).succeeded().printed("Pushed `");
    job.baws(zstd)
        .succeeded()
        .printed("Skipped the build: the same inputs");
    let held = repository_of(&site.repository("app"));
    let digests = |tag: &str| held.digest(tag).expect("it was pushed");
    assert_ne!(digests("zstd"), digests("gzip"));
    assert!(gzip.out().contains(&digests("gzip")), "{gzip}");
    let (layers, kinds) = unpacked(&site, "zstd");
    assert_eq!(json!(layers), held.config("zstd")["rootfs"]["diff_ids"]);
    assert_eq!(held.config("zstd"), held.config("gzip"));
    assert_eq!(
        kinds,
        [
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+zstd"
        ]
    );
    // Made once: the next push finds them, and each form is remembered by itself.
    job.baws("build --no-skip --push --compression zstd -t $REPO:again . 2>&1")
        .succeeded()
        .printed(": every layer was there\n");
    job.baws("build --no-skip --push -t $REPO:both . 2>&1")
        .succeeded()
        .printed(": every layer was there\n");
    assert_eq!(
        (digests("again"), digests("both")),
        (digests("zstd"), digests("gzip"))
    );
    job.baws("build --push --compression lzma .")
        .failed_with(2)
        .printed("error: `lzma` is no compression\n\nhint: write `gzip` or `zstd`\n");
    job.cleaned_up();
}

#[test]
fn ecr_is_asked_for_all_layers_at_once_and_for_each_where_it_does_not_say() {
    let site = Site::alone();
    let job = odd(&site);
    job.baws("build --push -q -t $REPO:x").succeeded();
    let asked = || {
        let all = site.journal(Face::Aws);
        let batches = all.iter().filter(|call| {
            call["operation"] == "ecr:BatchCheckLayerAvailability"
                && call["parameters"]["repositoryName"]
                    .as_str()
                    .is_some_and(|name| name.starts_with(&site.name))
        });
        let heads = site.asked_of_ecr().into_iter();
        let heads = heads.filter(|call| call["operation"] == "ecr:BatchCheckLayerAvailability");
        (batches.count(), heads.count())
    };
    let push = "build --no-skip --push -t $REPO:y . 2>&1";
    let before = asked();
    job.baws(push).succeeded().printed("every layer was there");
    let once = asked();
    assert_eq!(once, (before.0 + 1, before.1));
    let faults = site.aws_faults(&[(
        "BatchCheckLayerAvailability",
        json!({"status": 400, "body": "{\"__type\": \"ServerException\", \"message\": \"no\"}"}),
    )]);
    let cut = site.faults(&[(
        "^HEAD /v2/{}/app/blobs/",
        json!({"times": 2, "status": 503}),
    )]);
    job.baws(push).succeeded().printed("every layer was there");
    drop((faults, cut));
    assert!(asked().1 > once.1, "{:?}", asked());
    job.cleaned_up();
}

#[test]
fn an_image_of_zstd_layers_runs_where_the_engine_unpacks_them_and_is_named_elsewhere() {
    let site = Site::new();
    let job = odd(&site);
    let push = "build --push -q --compression zstd -t $REPO:x";
    let reference = job.baws(push).succeeded().out().trim().to_owned();
    job.cleaned_up();
    let job = site.job().image(&reference);
    match site.stand.bench.engine.version() {
        // Docker unpacks it from 23 on.
        ..23 => {
            let said = job.prepare().system_failure().to_string();
            let hint = "hint: its layers may be compressed by zstd, which Docker unpacks from version 23 on";
            assert!(said.contains(hint), "{said}");
        }
        _ => {
            let job = job.prepared();
            job.run("build_script", "cat /of")
                .succeeded()
                .printed(&site.name);
            job.cleaned_up();
        }
    }
}
