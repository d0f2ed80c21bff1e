//! Every key of rules, AWS, deployments and audit, as `settings explain` tells it.

use insta::assert_snapshot;

use super::keys::explained;

#[test]
fn every_setting_of_rules_and_aws_is_explained() {
    assert_snapshot!(explained("grants.projects", "telemetry.metrics_file"), @r#"
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

    grants.credentials
        list of patterns · default: none
        Roles of which the job itself may have keys (auth credentials), by ARN, where a rule of [[roles]] gives it that role. Never the host's own identity.

    grants.role_arn
        string · default: that of [aws]
        Role the executor assumes for this rule's registries and services; the job never sees its credentials.

    grants.external_id
        string · default: none
        External id for that role.

    gitlab.url
        string · default: none
        GitLab's own address, as `iss` of its ID tokens says it. Needed where a rule of [[roles]] rests on them.

    gitlab.audience
        string · default: that of gitlab.url
        What `aud` of a job's ID token has to be.

    gitlab.keys_url
        string · default: /oauth/discovery/keys of gitlab.url
        Where the keys are that sign ID tokens.

    gitlab.token_file
        path · default: GITLAB_TOKEN, else gitlab.token_secret
        File with the token by which `bootstrap-repo` and `template publish|diff|sync|check` call GitLab: a personal access token of a service account that is Maintainer of the group, scope api (a group access token cannot make access tokens). No job gets it.

    gitlab.token_secret
        string · default: none
        Secret of AWS Secrets Manager that holds that token, plain or as `apiToken` of a JSON object, such as baws-admin-gitlab-secrets.

    gitlab.templates
        group/project · default: "platform/pipeline-templates"
        The project that holds the pipeline templates.

    roles.projects
        list of patterns · default: required
        [[roles]] are rules for the role that the host takes for a job's calls to AWS; the first that fits decides. A project that a rule names gets its role by a rule or is refused; all others have the host's own identity. A role_arn in [[grants]] goes first.

    roles.refs
        "protected", "unprotected" or "any" · default: "protected"
        Jobs of which refs the rule is for, as GitLab says.

    roles.branches
        list of patterns · default: all
        Only jobs of these branches.

    roles.tags
        list of patterns · default: all
        Only jobs of these git tags.

    roles.environments
        list of patterns · default: any, and none
        Only jobs of these GitLab environments, by a verified ID token. The pipeline file names them: keep refs protected.

    roles.members_of
        list of groups · default: anybody
        Only jobs begun by a direct member of one of these GitLab groups, by a verified ID token.

    roles.accounts
        list of accounts · default: all
        Only for work in these AWS accounts.

    roles.method
        "explicit", "mapping-table", "naming-convention" or "oidc" · default: "explicit"
        explicit: role_arn. mapping-table: the platform's table (groups). naming-convention: role_name in the account at hand. oidc: role_arn, taken with the job's own ID token in place of the host's credentials.

    roles.role_arn
        string · default: none
        With {account}, {region}, {environment}, {project}, {namespace}, {name}, {project_id}.

    roles.role_name
        string · default: none
        Of naming-convention, such as "opa-{environment}-operations-role"; placeholders as in role_arn.

    roles.groups
        list · default: none
        Of mapping-table, tried in this order: the first with a row `{account}-{group}` decides. Placeholders as in role_arn.

    roles.table
        string · default: that of table_parameter
        Name of the mapping table.

    roles.table_parameter
        string · default: "/baws/SecurityMappingTable"
        The parameter of Systems Manager that holds it, in the region of the work.

    roles.external_id
        string · default: none
        What the role's trust policy asks for.

    roles.session_suffix
        string · default: none
        Behind the name of each session, such as "-backstage-session".

    roles.session_duration_secs
        integer · default: 3600
        How long a session lasts; beyond 3600 only where the host's own credentials are no role's.

    roles.session_tags
        boolean · default: false
        Tag sessions with project, ref and job; the role's trust policy has to allow sts:TagSession.

    roles.source_identity
        boolean · default: false
        Name who began the job as source identity; the role's trust policy has to allow sts:SetSourceIdentity.

    roles.narrow
        boolean · default: true
        Narrow each session to the service and repository in hand.

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

    provision.reference
        string · default: "baws-admin/backstage-reference"
        The project of GitLab that holds the portal's catalog of environments and their providers.

    provision.poll_ms
        integer · default: 4000
        Milliseconds between two looks at an execution of the state machine that is followed; where nothing happens they move apart, four times as far at most.

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

    cache.budget
        string · default: none
        What images, kept volumes and build cache of this host may take together, such as "60g". With more, `executor sweep` and `images collect` remove what was used longest ago: nothing in use, nothing used within ten minutes, nothing that no job used.

    cache.warm
        list of strings · default: []
        Images that `images warm` fetches in advance, such as the bases of most builds; they are never collected.

    platform.revision
        "first" or "second" · default: none
        Which of the platform's two shapes `doctor` looks for: May 2023 or September 2024. Without it the platform is not looked at.

    platform.prefix
        string · default: "baws" or "opa", by the revision
        What the names of the platform's parameters, secrets and clusters begin with.

    platform.region
        string · default: AWS_REGION
        Region of the platform's parameters, tables and secrets.

    platform.account
        string · default: any
        The platform's AWS account, twelve digits: `doctor` says so where the host is in another.

    platform.providers
        list of strings · default: []
        Of the second revision: names of the environment providers whose parameters `doctor` looks for.

    platform.reference
        string · default: `PREFIX-admin/backstage-reference`
        Path of the reference repository in GitLab.

    platform.repositories
        list of strings · default: []
        Applications' repositories in ECR that `doctor` looks at, beside those that grants name in full.
    "#);
}
