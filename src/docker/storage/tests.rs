//! An engine's storage made by hand: what is whole is read byte for byte, and nothing else is.

use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::*;

/// A layer of the segments and files of a tar, in order.
enum Stretch {
    Segment(&'static [u8]),
    File(&'static str, &'static [u8]),
}

use Stretch::{File as F, Segment as S};

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hexadecimal(&Sha256::digest(bytes)))
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Writes an image of one layer; its id, and the layer's bytes.
fn image_of(root: &Path, stretches: &[Stretch]) -> (String, Vec<u8>) {
    let (mut tar, mut split) = (Vec::new(), GzEncoder::new(Vec::new(), Compression::fast()));
    for stretch in stretches {
        let entry = match stretch {
            S(bytes) => {
                tar.extend_from_slice(bytes);
                json!({"type": 2, "payload": STANDARD.encode(bytes), "position": 0, "name_raw": null})
            }
            F(name, bytes) => {
                tar.extend_from_slice(bytes);
                json!({"type": 1, "name": name, "size": bytes.len(), "payload": null, "position": 1})
            }
        };
        writeln!(split, "{entry}").unwrap();
    }
    let diff_id = digest(&tar);
    let config = json!({"rootfs": {"type": "layers", "diff_ids": [diff_id]}}).to_string();
    let id = digest(config.as_bytes());
    let images = root.join("image/overlay2");
    let hex = |digest: &str| digest["sha256:".len()..].to_owned();
    put(
        &images.join("imagedb/content/sha256").join(hex(&id)),
        config.as_bytes(),
    );
    let layer = images.join("layerdb/sha256").join(hex(&diff_id));
    put(&layer.join("diff"), diff_id.as_bytes());
    put(&layer.join("cache-id"), b"c0ffee");
    put(&layer.join("tar-split.json.gz"), &split.finish().unwrap());
    (id, tar)
}

fn storage(root: &Path) -> Storage {
    std::fs::create_dir_all(root.join("overlay2/c0ffee/diff")).unwrap();
    Storage {
        root: root.to_owned(),
    }
}

fn read(storage: &Storage, id: &str) -> std::io::Result<Vec<u8>> {
    let image = storage.image(id).expect("the image is there");
    let mut bytes = Vec::new();
    image.layers[0].read(&mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}

#[test]
fn a_layer_is_put_together_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("overlay2/c0ffee/diff");
    put(&files.join("app/a"), b"first");
    put(&files.join("b"), b"second");
    let stretches = [
        S(b"head"),
        F("./app/a", b"first"),
        S(b"pad"),
        F("/b", b"second"),
        F("empty", b""),
        S(b"end"),
    ];
    let (id, tar) = image_of(dir.path(), &stretches);
    assert_eq!(read(&storage(dir.path()), &id).unwrap(), tar);
    assert_eq!(tar, b"headfirstpadsecondend");
}

#[test]
fn what_a_layer_names_outside_itself_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("overlay2/c0ffee/diff");
    put(&dir.path().join("secret"), b"secret");
    put(&files.join("x"), b"");
    std::os::unix::fs::symlink("../../../secret", files.join("link")).unwrap();
    std::os::unix::fs::symlink("/", files.join("up")).unwrap();
    for name in ["../../../secret", "link", "up/etc/hostname", "nowhere"] {
        let (id, _) = image_of(dir.path(), &[F(name_of(name), b"secret")]);
        let failed = read(&storage(dir.path()), &id);
        assert!(failed.is_err(), "{name}: {failed:?}");
    }
}

fn name_of(name: &str) -> &'static str {
    name.to_owned().leak()
}

#[test]
fn what_is_shorter_or_of_an_unknown_kind_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir.path().join("overlay2/c0ffee/diff/a"), b"fi");
    let (id, _) = image_of(dir.path(), &[F("a", b"first")]);
    let failed = read(&storage(dir.path()), &id).unwrap_err();
    assert!(failed.to_string().contains("`a` is too short"), "{failed}");
}

#[test]
fn an_image_that_is_not_what_its_id_says_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let (id, _) = image_of(dir.path(), &[S(b"x")]);
    let storage = storage(dir.path());
    assert!(storage.image(&id).is_some());
    let path = dir
        .path()
        .join("image/overlay2/imagedb/content/sha256")
        .join(&id[7..]);
    std::fs::write(path, "{}").unwrap();
    assert!(storage.image(&id).is_none());
    for id in ["", "sha256:../../x", "sha512:00", "latest"] {
        assert!(storage.image(id).is_none(), "{id}");
    }
}

#[test]
fn what_the_engine_remembers_of_a_layer_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage(dir.path());
    let diff_id = digest(b"x");
    assert!(storage.known(&diff_id).is_empty());
    let path = dir
        .path()
        .join("image/overlay2/distribution/v2metadata-by-diffid/sha256")
        .join(&diff_id[7..]);
    put(
        &path,
        br#"[{"Digest":"sha256:1","SourceRepository":"docker.io/library/x","HMAC":""}]"#,
    );
    assert_eq!(
        storage.known(&diff_id)[0].source_repository,
        "docker.io/library/x"
    );
    put(&path, b"[{");
    assert!(storage.known(&diff_id).is_empty());
}
