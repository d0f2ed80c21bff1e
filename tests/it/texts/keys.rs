//! Every key of the settings, as `settings explain` tells it.

use insta::assert_snapshot;

use super::shown;

#[test]
fn every_setting_is_explained() {
    assert_snapshot!(shown(&["settings", "explain"]), @r#"
    docker.host
        string · default: DOCKER_HOST, else unix:///var/run/docker.sock
        Where the Docker engine listens. A unix socket on this host: the job's containers must see this host's files.

    docker.timeout_secs
        integer · default: 120
        Seconds one call to the engine may take before the engine counts as unreachable.

    executor.state_dir
        path · default: first of /var/lib/baws-ci, /opt/baws-ci, /run/baws-ci on a file system that runs programs
        Holds the pinned program and one directory a running job. Not under TMPDIR; short, as sockets live in it.

    executor.builds_dir
        path · default: "/builds"
        Where sources are, inside the containers.

    executor.cache_dir
        path · default: "/cache"
        Where the local cache is, inside the containers.

    executor.stop_grace_secs
        integer · default: 10
        Seconds between TERM and KILL when a script is cancelled. Keep it below the runner's graceful_kill_timeout.

    executor.entrypoint_timeout_secs
        integer · default: 120
        Seconds an image's entrypoint may take before it hands over to the command.

    executor.metadata_guard
        "required", "preferred" or "off" · default: "required"
        Keep jobs from the instance's metadata and credentials with an nftables table. required: no guard, no job. preferred: guard where possible, else the job log says that metadata is reachable.

    executor.read_only_root
        boolean · default: false
        The build container's own file system cannot be written; builds_dir, cache_dir and /tmp can.

    executor.docker.image
        string · default: none
        Image of jobs that name none.

    executor.docker.helper_image
        string · default: "baws-ci/helper:1"
        Image of the helper container: git, git-lfs, bash, CA certificates (images/helper).

    executor.docker.pull_policy
        string or list · default: "always"
        always, if-not-present or never; of a list each is tried in turn.

    executor.docker.allowed_pull_policies
        list · default: those of pull_policy
        What a job's own pull_policy may be.

    executor.docker.allowed_images
        list of patterns · default: any
        Images a job may name; `*` stops at a slash, `**` does not. The configured image is always allowed.

    executor.docker.allowed_services
        list of patterns · default: any
        The same for services.

    executor.docker.user
        string · default: the job's, else the image's
        User of the build container; beats the job's own choice.

    executor.docker.memory
        string · default: none
        Memory limit of the build container, such as "2g".

    executor.docker.cpus
        string · default: none
        Processors of the build container, such as "1.5".

    executor.docker.shm_size
        integer · default: 0
        Bytes of /dev/shm in the build container; 0 keeps the engine's 64 MiB.

    executor.docker.dns
        list · default: the engine's
        DNS servers of the job's containers.

    executor.docker.extra_hosts
        list · default: none
        Lines for the job's hosts file, `name:address`.

    executor.docker.network_mode
        string · default: bridge, or a network of the job's own when it has services
        An existing network for the job's containers. `host` and `none` are refused.

    executor.docker.wait_for_services_timeout
        integer · default: 30
        Seconds a service may take to be healthy before the job goes on with a warning; 0 or less: no wait.

    executor.requests.parallel
        integer · default: 4
        Builds, pushes and promotions that one job may have under way at a time.

    executor.requests.timeout_secs
        integer · default: 3600
        Seconds one of them may take.

    executor.requests.max_context
        string · default: "8g"
        Size of the build context that a job may send.

    executor.requests.max_context_entries
        integer · default: 1000000
        Files and directories of a build context.

    executor.requests.min_free_disk
        string · default: "1g"
        No build begins with less free space where the engine keeps its images.

    executor.requests.build_args
        table of strings · default: none
        Arguments of every build of a job, such as HTTP_PROXY, HTTPS_PROXY and NO_PROXY; a job may not set those itself.

    grants.projects
        list of patterns · default: required
        [[grants]] are rules; what the rules that fit a job give adds up, and without one a job may not build, push, promote or deploy. Paths of projects: `*` stops at a slash, `**` does not.

    grants.refs
        "protected", "unprotected" or "any" · default: "protected"
        Jobs of which refs the rule is for, as GitLab says.

    grants.branches
        list of patterns · default: all
        Only jobs of these branches; a git tag of the same name is no branch.

    grants.tags
        list of patterns · default: all
        Only jobs of these git tags.

    grants.push
        list of patterns · default: none
        Repositories the job may push to, such as "123456789012.dkr.ecr.eu-west-1.amazonaws.com/{project}". {project}: path in lower case; {namespace}, {name}: its parts; {project_id}.

    grants.create
        list of patterns · default: none
        Repositories that a push may make when they are missing, as [aws.ecr] says.

    grants.bases
        list of patterns · default: none
        Images that builds, jobs and services may start from beyond Docker Hub and registries that anybody, or the job's own login, may read. Repositories of ECR have to stand here.

    grants.deploy
        list of patterns · default: none
        Services the job may deploy, restart, start, stop, roll back and look at, such as "arn:aws:ecs:eu-west-1:123456789012:service/lower/{name}", or "local/*" for containers on the runner's own engine. Placeholders as in push.

    grants.commands
        list of patterns · default: none
        Services whose one-off tasks (run-task) the job may give another command or other variables than the service's own: code under the application's role.

    grants.role_arn
        string · default: that of [aws]
        Role the executor assumes for this rule's registries and services; the job never sees its credentials.

    grants.external_id
        string · default: none
        External id for that role.

    aws.role_arn
        string · default: none: the host's own credentials
        A role the host assumes for its calls to AWS, on top of its own credentials.

    aws.external_id
        string · default: none
        What that role's trust policy asks for.

    aws.ecr.scan_on_push
        boolean · default: true
        ECR repositories that are made scan each image pushed to them.

    aws.ecr.encryption
        "AES256" or "KMS" · default: "AES256"
        How repositories that are made are encrypted. It cannot be changed later.

    aws.ecr.kms_key
        string · default: the account's key for ECR
        Key id, alias or ARN for encryption with KMS.

    aws.ecr.immutable_tags
        boolean · default: false
        In repositories that are made a tag, once pushed, stays on its image.

    aws.ecr.immutable_except
        list of patterns · default: none
        Up to five patterns of tags that may be moved all the same, such as "latest" and "cache*".

    aws.ecr.lifecycle_policy_file
        path · default: none
        File on this host with the lifecycle policy of repositories that are made, as JSON.

    aws.ecr.tags
        table of strings · default: none
        Tags of repositories that are made.

    deploy.poll_ms
        integer · default: 4000
        Milliseconds between two looks at a service whose deployment is watched. Several services of one command share the same number of calls.

    audit.table
        string · default: none
        Name of the DynamoDB table for audit rows. Without it and without table_parameter no rows are written.

    audit.table_parameter
        string · default: none
        Parameter of Systems Manager that holds the table's name, such as "/baws/Audit", in place of table.

    audit.region
        string · default: that of the work
        Region of the table and of its parameter.

    audit.role_arn
        string · default: the host's own identity
        Role that writes and reads audit rows. Never the role of a grant.

    audit.external_id
        string · default: none
        External id that the role asks for.

    audit.shape
        "baws" or "opa" · default: "baws"
        What a row looks like: 14 attributes, or 17 with prefix, provider and application.

    audit.prefix
        string · default: ""
        The platform's prefix, for the shape opa.

    audit.provider
        string · default: ""
        Name of the environment provider that the table belongs to, for the shape opa.

    audit.deploy
        "fail-closed", "fail-open" or "off" · default: "fail-closed"
        Work on services whose first row cannot be written: fail-closed does not do it, fail-open does it with a warning, off writes no rows.

    audit.build
        "fail-closed", "fail-open" or "off" · default: "fail-open"
        The same for images that are pushed to ECR.
    "#);
}
