//! `--list` and `--svg`: the pipeline as a picture.

use insta::assert_snapshot;

use super::Project;

const PIPELINE: &str = "
build: {stage: build, script: x}
unit: {script: x, needs: [build]}
lint <all>: {script: x, needs: []}
child: {stage: deploy, trigger: {include: child.yml}}
production: {stage: deploy, script: x, when: manual, environment: production}
";

#[test]
fn the_pipeline_is_drawn_with_its_jobs_listed_below() {
    let project = Project::new(PIPELINE);
    let ended = project.local(&["--list"]).exited_with(0);
    assert_snapshot!(ended.out(), @r"
    ╭ build ──╮   ╭ test ────────╮   ╭ deploy ───────────────────╮
    │ ● build │──▶│ ● unit       │──▶│ ◆ child                   │
    ╰─────────╯   │   ↖ build    │   │ ▷ production → production │
                  │ ● lint <all> │   ╰───────────────────────────╯
                  │   ↖ at once  │
                  ╰──────────────╯
    ● runs  ▷ when somebody starts it  ◷ later  ✗ after a failure  ◆ starts a pipeline  ↖ needs

    STAGE   JOB         IMAGE  NEEDS           WHEN
    build   build       -      earlier stages
    test    unit        -      build
    test    lint <all>  -      nothing
    deploy  child       -      earlier stages
    deploy  production  -      earlier stages  manual
    ");
}

#[test]
fn a_picture_is_written_as_svg() {
    let project = Project::new(PIPELINE);
    let path = project.stand.dir().join("pipeline.svg");
    let path = path.to_str().expect("it is UTF-8");
    project.local(&["--list", "--svg", path]).exited_with(0);
    let svg = std::fs::read_to_string(path).expect("it was written");
    assert!(
        svg.contains("lint &lt;all&gt;") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    let ended = project
        .local(&["--list", "--svg", "/nowhere/pipeline.svg"])
        .exited_with(4);
    assert_snapshot!(project.said(&ended), @r"
    error: cannot write the picture `/nowhere/pipeline.svg`
      caused by: No such file or directory (os error 2)
    ");
}
