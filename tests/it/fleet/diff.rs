//! What would change, before anything does: as patches that other tools take.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use super::{BRANCH, Templates, at, cloned, edit, fleet, other_port, ran, remove, sync, traffic};
use crate::support::Hub;
use crate::support::hub::Told;

const SHOP: &str = "aws-app/shop";
const FILES: [&str; 4] = [
    ".baws/templates.lock.yaml",
    ".gitlab-ci.yml",
    ".gitignore",
    "Dockerfile",
];

fn diff(hub: &Hub, words: &[&str]) -> Told {
    let mut all = vec!["template", "diff", "--group", "aws-app"];
    all.extend(words);
    hub.run(&all)
}

/// One repository with edits, and a version that changes, removes and adds lines in it.
fn edited() -> Hub {
    let hub = fleet(&["shop"]);
    edit(
        &hub,
        SHOP,
        "Dockerfile",
        "EXPOSE 8080\n",
        "EXPOSE 8080\n# ours\n",
    );
    let pipeline = hub.file(SHOP, ".gitlab-ci.yml", "main");
    super::change(&hub, SHOP, ".gitlab-ci.yml", pipeline.trim_end());
    remove(&hub, SHOP, "README.md");
    Templates::few(&hub, "1.1.0")
        .with("samples/nodejs/Dockerfile", "PORT=8080", "PORT=8110")
        .with("samples/nodejs/.gitignore", "node_modules", "/node_modules")
        .without("samples/nodejs/.dockerignore")
        .out(&hub);
    hub
}

fn applied(tree: &Path, patch: &str, program: &str, words: &[&str]) {
    let file = tree.with_extension("patch");
    std::fs::write(&file, patch).expect("it is ours");
    let mut tool = Command::new(program);
    tool.args(words).current_dir(tree);
    match program.ends_with("git") {
        true => tool.arg(&file),
        false => tool.stdin(std::fs::File::open(&file).expect("it is ours")),
    };
    ran(&mut tool);
}

#[test]
fn what_it_prints_is_a_patch_that_makes_exactly_the_merge_request() {
    let hub = edited();
    let before = hub.state();
    traffic(&hub);
    let shown = diff(&hub, &[]);
    let seen = shown.is(0).whole().replace("\n \n", "\n (empty)\n");
    assert_snapshot!(seen, @r#"
    0
    # aws-app/shop
    --- a/.baws/templates.lock.yaml
    +++ b/.baws/templates.lock.yaml
    @@ -3,15 +3,14 @@
     schema: baws-ci/lock/1
     template: nodejs
     name: shop
    -version: 1.0.0
    +version: 1.1.0
     project: platform/pipeline-templates
     inputs: {}
     hold: false
     pin: null
     files:
    -  .dockerignore: 59bdf5e3bb92d1ab8da2a7699e0b69dde18637e5
    -  .gitignore: 4c4c1834b862638e0ce7e6624afa933f872937a1
    -  .gitlab-ci.yml: 3d48d3923aa30e6be93eb84a558e3a17d4e00a9c
    -  Dockerfile: 967fe88f64b5086745b3aa177ba8da31e74619b0
    +  .gitignore: "02354b64d8912e996c697620e4a6f596c8197658"
    +  .gitlab-ci.yml: "9b1dbd8b9ebad6ac77d2b37ea5cb221dab615b10"
    +  Dockerfile: "2228d283c60a23a121c93f3646d8af55116d1779"
     once:
       .backstage/catalog-info.yaml: 11687cb71859ab97cac8a60829e675434842e7a0
    --- a/.dockerignore
    +++ /dev/null
    @@ -1,5 +0,0 @@
    -# What the image needs, and nothing else.
    -*
    -!package.json
    -!package-lock.json
    -!src
    --- a/.gitignore
    +++ b/.gitignore
    @@ -1,4 +1,4 @@
    -node_modules/
    +/node_modules/
     .npm/
     junit.xml
     coverage/
    --- a/.gitlab-ci.yml
    +++ b/.gitlab-ci.yml
    @@ -2,5 +2,5 @@
     # What it takes: baws-ci template show nodejs. Jobs of your own, and changes to its jobs, go below.
     include:
       - project: platform/pipeline-templates
    -    ref: 1.0.0
    +    ref: 1.1.0
         file: /templates/nodejs.yml
    \ No newline at end of file
    --- a/Dockerfile
    +++ b/Dockerfile
    @@ -7,7 +7,7 @@
     RUN npm ci --omit=dev --no-audit --no-fund && mkdir -p node_modules
     (empty)
     FROM $BASE
    -ENV NODE_ENV=production PORT=8080
    +ENV NODE_ENV=production PORT=8110
     WORKDIR /app
     COPY --from=packages /app/node_modules ./node_modules
     COPY package.json ./
    "#);
    let dry = sync(&hub, &["--dry-run"]);
    assert!(dry.is(0).out.starts_with(&shown.out), "{}", dry.out);
    assert_eq!(traffic(&hub).1, 0);
    assert_eq!(hub.state(), before);
    let trees = [
        ("git", "/usr/bin/git", vec!["apply"]),
        ("patch", "/usr/bin/patch", vec!["-p1", "-s"]),
    ];
    let trees = trees.map(|(name, program, words)| {
        let tree = cloned(&hub, SHOP, name);
        applied(&tree, &shown.out, program, &words);
        tree
    });
    sync(&hub, &[]).is(0);
    for tree in trees {
        for file in FILES {
            let text = std::fs::read_to_string(tree.join(file)).expect("it is there");
            assert_eq!(
                text,
                hub.file(SHOP, file, BRANCH),
                "{}: {file}",
                tree.display()
            );
        }
        assert!(!tree.join(".dockerignore").exists(), "{}", tree.display());
    }
    let diffs = hub.api(
        "GET",
        &format!("{}/merge_requests/1/diffs", at(SHOP)),
        &serde_json::Value::Null,
    );
    assert_eq!(diffs.as_array().map(Vec::len), Some(FILES.len() + 1));
}

#[test]
fn of_several_repositories_each_part_says_whose_it_is() {
    let hub = fleet(&["shop", "till"]);
    other_port(&hub, "1.1.0").out(&hub);
    let told = diff(&hub, &[]);
    assert!(
        told.is(0).out.contains("aws-app/shop") && told.out.contains("aws-app/till"),
        "{}",
        told.whole()
    );
    // Still a patch for one of them.
    let one = hub.run(&["template", "diff", "--repository", "aws-app/till"]);
    let tree = cloned(&hub, "aws-app/till", "tree");
    applied(&tree, &one.is(0).out, "/usr/bin/git", &["apply"]);
}

#[test]
fn what_is_offered_already_is_shown_as_well() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    let before = diff(&hub, &[]).out;
    sync(&hub, &[]).is(0);
    assert_eq!(diff(&hub, &[]).out, before);
}

#[test]
fn nothing_is_shown_where_nothing_would_change() {
    let hub = fleet(&["shop"]);
    assert_snapshot!(diff(&hub, &[]).whole(), @"0");
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(diff(&hub, &["--to", "1.0.0"]).whole(), @"0");
    assert_snapshot!(diff(&hub, &["--json"]).is(0).json()["repositories"][0]["changes"].to_string(), @r#"
    [".gitlab-ci.yml","Dockerfile"]
    "#);
}

#[test]
fn what_stays_as_it_is_is_told_beside_the_patch() {
    let hub = fleet(&["shop"]);
    edit(&hub, SHOP, "Dockerfile", "PORT=8080", "PORT=3000");
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(diff(&hub, &[]).err, @"aws-app/shop: `Dockerfile` is left as it is: the templates and this repository changed the same lines (10)");
}
