//! Promotion: the same digest in another repository or account, by manifest and blob, never by a rebuild.

use serde_json::json;

use crate::support::Site;
use crate::support::ecr::repository_of;

const OTHER: &str = "222222222222.dkr.ecr.eu-west-1.amazonaws.com";

#[test]
fn a_promotion_is_the_same_digest_and_copies_no_blob_that_can_be_mounted() {
    let site = Site::new();
    let job = site.job().plain();
    let out = job.baws("build --push -q -t $REPO:x").succeeded().out();
    let (from, to) = (out.trim(), site.repository("live"));
    let digest = from.rsplit('@').next().expect("a digest stands behind it");
    let ended = job
        .baws(&format!(
            "promote {from} {to}:1 {to}:live --dotenv e --json 2> err"
        ))
        .succeeded();
    let told: serde_json::Value = serde_json::from_str(&ended.out()).expect("it is JSON");
    assert_eq!(
        (&told["digest"], &told["pushed"][0]["tags"]),
        (&json!(digest), &json!(["1", "live"]))
    );
    for tag in ["1", "live"] {
        assert_eq!(site.digest(&to, tag).as_deref(), Some(digest));
    }
    let asked = site.asked_of_ecr();
    let live = asked
        .iter()
        .filter(|line| line["repository"] == format!("{}/live", site.name));
    let patched = live.filter(|line| line["method"] == "PATCH").count();
    assert_eq!(patched, 0, "blobs were sent: {asked:#?}");
    let dotenv = std::fs::read_to_string(job.project().join("e")).expect("it was written");
    assert_eq!(
        dotenv,
        format!("IMAGE={to}:1\nIMAGE_DIGEST={digest}\nIMAGE_REF={to}@{digest}\n")
    );
    job.cleaned_up();
}

#[test]
fn an_image_goes_to_another_account_by_a_role_there() {
    let site = Site::new();
    let (here, there) = (site.repository("**"), format!("{OTHER}/{}/**", site.name));
    let role = format!("arn:aws:iam::222222222222:role/{}", site.name);
    let site = site.set(
        "grants",
        &format!("[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{here}\"], create = [\"{here}\"] }}, {{ projects = [\"it/*\"], refs = \"any\", push = [\"{there}\"], create = [\"{there}\"], role_arn = \"{role}\" }}]"),
    );
    let job = site.job().plain();
    let out = job.baws("build --push -q -t $REPO:x").succeeded().out();
    let digest = out
        .trim()
        .rsplit('@')
        .next()
        .expect("a digest stands behind it")
        .to_owned();
    let to = format!("{OTHER}/{}/app", site.name);
    let ended = job
        .baws(&format!("promote -q {} {to}:x", out.trim()))
        .succeeded();
    assert_eq!(ended.out(), format!("{to}@{digest}\n"));
    assert_eq!(repository_of(&to).digest("x"), Some(digest));
    let config = repository_of(&to).config("x");
    let layers = repository_of(&to).manifest("x")["layers"]
        .as_array()
        .expect("it is a list")
        .len();
    assert!(
        layers >= 2
            && config["rootfs"]["diff_ids"]
                .as_array()
                .expect("it is a list")
                .len()
                == layers
    );
    // A build may push there too, by the same role.
    job.baws(&format!("build --push -q -t {to}:y")).succeeded();
    assert!(repository_of(&to).digest("y").is_some());
    job.cleaned_up();
}

#[test]
fn what_is_not_there_cannot_be_promoted() {
    let site = Site::new();
    let job = site.job().plain();
    let to = site.repository("live");
    job.baws("build --push -q -t $REPO:x").succeeded();
    let absent = format!("$REPO@sha256:{}", "0".repeat(64));
    for from in ["$REPO:nothing", absent.as_str(), "$REPO-not:x"] {
        job.baws(&format!("promote -q {from} {to}:1"))
            .failed_with_any(&[4, 15])
            .printed("error: ");
    }
    assert_eq!(site.digest(&to, "1"), None);
    job.baws(&format!(
        "promote -q $REPO:x {to}:1 {}:1",
        site.repository("third")
    ))
    .failed_with(2)
    .printed("one destination");
    job.cleaned_up();
}

#[test]
fn a_registry_that_fails_in_a_promotion_is_outlasted() {
    let site = Site::new();
    let job = site.job().plain();
    let from = job.baws("build --push -q -t $REPO:x").succeeded().out();
    let to = site.repository("live");
    for (pattern, rest) in [
        (
            "^GET /v2/{}/app/manifests/",
            json!({"status": 503, "times": 1}),
        ),
        (
            "^POST /v2/{}/live/blobs/uploads/",
            json!({"drop": true, "times": 1}),
        ),
        (
            "^PUT /v2/{}/live/manifests/",
            json!({"status": 429, "times": 1, "body": "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"Rate exceeded\"}]}"}),
        ),
    ] {
        let faults = site.faults(&[(pattern, rest)]);
        let ended = job.baws(&format!("promote -q {} {to}:x", from.trim()));
        drop(faults);
        assert!(ended.code == 0, "{pattern}: {ended}");
    }
    job.cleaned_up();
}
