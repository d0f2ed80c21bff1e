//! What the templates changed, and what people changed, in one file and beside it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    BRANCH, LOCK, Templates, born, change, check, commit, edit, fleet, merge, open, other_port,
    remove, sync, verdict,
};
use crate::support::Hub;

const SHOP: &str = "aws-app/shop";

/// The description of its open merge request, without our mark.
fn letter(hub: &Hub) -> String {
    let request = open(hub, SHOP);
    let text = request["description"].as_str().expect("it is a text");
    let (text, _) = text.split_once("\nClosing this").expect("it ends so");
    text.to_owned()
}

fn changes(hub: &Hub) -> Value {
    let told = sync(hub, &["--json", "--dry-run"]);
    told.is(0).json()["repositories"][0]["changes"].clone()
}

#[test]
fn edits_elsewhere_in_a_file_and_the_templates_changes_meet() {
    let hub = fleet(&["shop"]);
    edit(
        &hub,
        SHOP,
        "Dockerfile",
        "EXPOSE 8080\n",
        "EXPOSE 8080\n# ours, at the end\nSTOPSIGNAL SIGTERM\n",
    );
    edit(
        &hub,
        SHOP,
        ".gitlab-ci.yml",
        "include:",
        "stages: [own]\n\ninclude:",
    );
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    assert_snapshot!(hub.file(SHOP, "Dockerfile", BRANCH), @r#"
    # BASE is given by the pipeline (input base_image), best with a digest.
    ARG BASE=node:22-bookworm-slim

    FROM $BASE AS packages
    WORKDIR /app
    COPY package.json package-lock.json ./
    RUN npm ci --omit=dev --no-audit --no-fund && mkdir -p node_modules

    FROM $BASE
    ENV NODE_ENV=production PORT=8110
    WORKDIR /app
    COPY --from=packages /app/node_modules ./node_modules
    COPY package.json ./
    COPY src ./src
    # The user `node` of the base, by its number: ECS can then see that it is not root.
    USER 1000
    EXPOSE 8080
    # ours, at the end
    STOPSIGNAL SIGTERM
    CMD ["node", "src/main.js"]
    "#);
    assert_snapshot!(hub.file(SHOP, ".gitlab-ci.yml", BRANCH), @r"
    # The pipeline is the template's; what is this application's own are the inputs.
    # What it takes: baws-ci template show nodejs. Jobs of your own, and changes to its jobs, go below.
    stages: [own]

    include:
      - project: platform/pipeline-templates
        ref: 1.1.0
        file: /templates/nodejs.yml
    ");
    assert_snapshot!(letter(&hub), @r"
    Brings `nodejs` from version 1.0.0 to **1.1.0** of the templates in `platform/pipeline-templates`.

    ### 1.1.0

    - News of 1.1.0.

    | file | |
    |---|---|
    | `.gitlab-ci.yml` | changed, beside what was changed here |
    | `Dockerfile` | changed, beside what was changed here |
    | `.baws/templates.lock.yaml` | the new version |
    ");
    merge(&hub, SHOP);
    // The people's own changes are drift still, and nothing is to be had any more.
    assert_snapshot!(check(&hub, &[]).is(14).out, @r"
    PROJECT       KIND    VERSION  STATE    DRIFT       PIPELINE  REQUEST
    aws-app/shop  nodejs  1.1.0    drifted  2 modified  –         –
    1 repository: 1 drifted
    ");
    check(&hub, &["--except", "modified"]).is(0);
}

#[test]
fn edits_of_the_same_lines_are_left_and_both_sides_are_shown() {
    let hub = fleet(&["shop"]);
    edit(&hub, SHOP, "Dockerfile", "PORT=8080", "PORT=3000");
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/1
      `Dockerfile` is left as it is: the templates and this repository changed the same lines (10)
    wave 3: 1 brought on, 0 to come; run it again when their pipelines have ended
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.0.0  opened  https://gitlab.test/aws-app/shop/-/merge_requests/1
    ");
    assert_snapshot!(letter(&hub), @r"
    Brings `nodejs` from version 1.0.0 to **1.1.0** of the templates in `platform/pipeline-templates`.

    ### 1.1.0

    - News of 1.1.0.

    | file | |
    |---|---|
    | `.gitlab-ci.yml` | changed; it had not been touched here |
    | `.baws/templates.lock.yaml` | the new version |

    **To look at:**

    - `Dockerfile` is left as it is: the templates and this repository changed the same lines (10)

      ```diff
      -ENV NODE_ENV=production PORT=3000
      +ENV NODE_ENV=production PORT=8110
      ```
    ");
    assert_eq!(
        hub.file(SHOP, "Dockerfile", BRANCH),
        hub.file(SHOP, "Dockerfile", "main")
    );
    merge(&hub, SHOP);
    // The next version begins from the same base: what is in conflict still is told again, not forgotten.
    other_port(&hub, "1.2.0").out(&hub);
    let told = sync(&hub, &["--json"]);
    assert_snapshot!(verdict(&told, SHOP), @"opened: `Dockerfile` is left as it is: the templates and this repository changed the same lines (10)");
    edit(&hub, SHOP, "Dockerfile", "PORT=3000", "PORT=8080");
    super::close(&hub, SHOP);
    sync(&hub, &["--again"]).is(0);
    assert!(hub.file(SHOP, "Dockerfile", BRANCH).contains("PORT=8120"));
}

#[test]
fn what_people_changed_to_the_same_is_no_conflict() {
    let hub = fleet(&["shop"]);
    edit(&hub, SHOP, "Dockerfile", "PORT=8080", "PORT=8110");
    edit(&hub, SHOP, ".gitlab-ci.yml", "ref: 1.0.0", "ref: 1.1.0");
    other_port(&hub, "1.1.0").out(&hub);
    assert_eq!(changes(&hub), json!([]));
    sync(&hub, &[]).is(0);
    merge(&hub, SHOP);
    check(&hub, &[]).is(0);
}

#[test]
fn a_file_that_was_removed_here_stays_away() {
    let hub = fleet(&["shop"]);
    remove(&hub, SHOP, ".dockerignore");
    Templates::few(&hub, "1.1.0")
        .with("samples/nodejs/.dockerignore", "\n", "\nnewer\n")
        .out(&hub);
    let told = sync(&hub, &["--json"]);
    assert_snapshot!(verdict(&told, SHOP), @"opened: `.dockerignore` was removed here, and stays away");
    merge(&hub, SHOP);
    let files = hub.project(SHOP)["branches"]["main"]["files"].to_string();
    assert!(!files.contains(".dockerignore"), "{files}");
    // Whoever merged that knows it.
    assert_snapshot!(check(&hub, &[]).is(0).out, @r"
    PROJECT       KIND    VERSION  STATE    DRIFT  PIPELINE  REQUEST
    aws-app/shop  nodejs  1.1.0    current  –      –         –
    1 repository: 1 current
    ");
    assert!(hub.file(SHOP, LOCK, "main").contains("removed:"));
}

#[test]
fn a_file_that_the_templates_gave_up_goes_where_nobody_touched_it() {
    let hub = fleet(&["shop", "till"]);
    edit(&hub, "aws-app/till", ".dockerignore", "\n", "\nown\n");
    Templates::few(&hub, "1.1.0")
        .without("samples/nodejs/.dockerignore")
        .out(&hub);
    let told = sync(&hub, &["--all-at-once", "--json"]);
    assert_snapshot!(verdict(&told, SHOP), @"opened");
    assert_snapshot!(verdict(&told, "aws-app/till"), @"opened: `.dockerignore` is no part of the templates any more, and stays, for it was changed here");
    let has = |project: &str| {
        hub.project(project)["branches"][BRANCH]["files"]
            .to_string()
            .contains(".dockerignore")
    };
    assert!(!has(SHOP) && has("aws-app/till"));
    assert_snapshot!(letter(&hub), @r"
    Brings `nodejs` from version 1.0.0 to **1.1.0** of the templates in `platform/pipeline-templates`.

    ### 1.1.0

    - News of 1.1.0.

    | file | |
    |---|---|
    | `.dockerignore` | removed: it is no part of the templates any more, and was not changed here |
    | `.gitlab-ci.yml` | changed; it had not been touched here |
    | `.baws/templates.lock.yaml` | the new version |
    ");
    merge(&hub, SHOP);
    merge(&hub, "aws-app/till");
    assert_snapshot!(check(&hub, &[]).out, @r"
    PROJECT       KIND    VERSION  STATE    DRIFT  PIPELINE  REQUEST
    aws-app/shop  nodejs  1.1.0    current  –      –         –
    aws-app/till  nodejs  1.1.0    current  –      –         –
    2 repositories: 2 current
    ");
}

#[test]
fn a_file_that_the_templates_took_up_comes_where_there_is_none() {
    let hub = fleet(&[]);
    for name in ["stack", "tower"] {
        born(&hub, &format!("aws-app/{name}"), "terraform");
    }
    let own = json!([{"action": "create", "file_path": "Dockerfile", "content": "FROM own\n"}]);
    commit(&hub, "aws-app/tower", "main", &own);
    Templates::few(&hub, "1.1.0")
        .plus("samples/terraform/Dockerfile", "FROM sample-terraform\n")
        .out(&hub);
    let told = sync(&hub, &["--all-at-once", "--json"]);
    assert_snapshot!(verdict(&told, "aws-app/stack"), @"opened");
    assert_snapshot!(verdict(&told, "aws-app/tower"), @"opened: `Dockerfile` is part of the templates now, and the one that is here is left as it is");
    assert_eq!(
        hub.file("aws-app/stack", "Dockerfile", BRANCH),
        "FROM stack\n"
    );
    assert_eq!(
        hub.file("aws-app/tower", "Dockerfile", BRANCH),
        "FROM own\n"
    );
    merge(&hub, "aws-app/stack");
    merge(&hub, "aws-app/tower");
    assert_snapshot!(check(&hub, &[]).is(14).out, @r"
    PROJECT        KIND       VERSION  STATE    DRIFT        PIPELINE  REQUEST
    aws-app/stack  terraform  1.1.0    current  –            –         –
    aws-app/tower  terraform  1.1.0    drifted  1 unmanaged  –         –
    2 repositories: 1 drifted, 1 current
    ");
}

#[test]
fn a_file_that_is_no_text_is_left_alone() {
    let hub = fleet(&["shop"]);
    let binary = json!([{"action": "update", "file_path": "Dockerfile", "content": "AP8A/gE=", "encoding": "base64"}]);
    commit(&hub, SHOP, "main", &binary);
    other_port(&hub, "1.1.0").out(&hub);
    let told = sync(&hub, &["--json"]);
    assert_snapshot!(verdict(&told, SHOP), @"opened: `Dockerfile` is left as it is: it is no text, and was changed here and in the templates");
    assert_snapshot!(letter(&hub), @r"
    Brings `nodejs` from version 1.0.0 to **1.1.0** of the templates in `platform/pipeline-templates`.

    ### 1.1.0

    - News of 1.1.0.

    | file | |
    |---|---|
    | `.gitlab-ci.yml` | changed; it had not been touched here |
    | `.baws/templates.lock.yaml` | the new version |

    **To look at:**

    - `Dockerfile` is left as it is: it is no text, and was changed here and in the templates
    ");
}

#[test]
fn a_base_that_is_nowhere_any_more_is_told() {
    let hub = fleet(&["shop"]);
    edit(&hub, SHOP, "Dockerfile", "EXPOSE 8080", "EXPOSE 3000");
    // As if it had been made from templates that are gone, by a history that was rewritten.
    let lock = hub.file(SHOP, ".baws/templates.lock.yaml", "main");
    let (head, rest) = lock
        .split_once("  Dockerfile: ")
        .expect("the lock names it");
    let (_, rest) = rest.split_once('\n').expect("it has more lines");
    let lost = format!("{head}  Dockerfile: \"0123456789012345678901234567890123456789\"\n{rest}");
    change(&hub, SHOP, ".baws/templates.lock.yaml", &lost);
    other_port(&hub, "1.1.0").out(&hub);
    let told = sync(&hub, &["--json"]);
    assert_snapshot!(verdict(&told, SHOP), @"opened: `Dockerfile` is left as it is: what the templates once made of it is not to be found, so that changes made here cannot be told");
    assert_eq!(
        hub.file(SHOP, "Dockerfile", BRANCH),
        hub.file(SHOP, "Dockerfile", "main")
    );
}
