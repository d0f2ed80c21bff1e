//! What a platform has in AWS, in each of its two shapes: as Python that makes it.

/// Clients, tables and keys. Source: the platform's constructs.
const TOOLS: &str = "
def p(name, value): c('ssm').put_parameter(Name=name, Value=value, Type='String', Overwrite=True)
def table(name, kind='S'):
    c('dynamodb').create_table(TableName=name, BillingMode='PAY_PER_REQUEST',
        KeySchema=[{'AttributeName':'id','KeyType':'HASH'},{'AttributeName':'createdAt','KeyType':'RANGE'}],
        AttributeDefinitions=[{'AttributeName':'id','AttributeType':'S'},{'AttributeName':'createdAt','AttributeType':kind}])
def row(table, group, role, moment='2023'):
    item = {'id': A+'-'+group, 'createdAt': moment, 'IAMRole': role, 'Account': A, 'AuthProviderGroup': group}
    if role: item['IAMRoleArn'] = 'arn:aws:iam::'+A+':role/'+role
    c('dynamodb').put_item(TableName=table, Item={key: {'S': text} for key, text in item.items()})
def key(rotates=True):
    k = c('kms').create_key()['KeyMetadata']
    if rotates: c('kms').enable_key_rotation(KeyId=k['KeyId'])
    return k['Arn']
def repository(name, kms=True, scan=True):
    c('ecr').create_repository(repositoryName=name, imageScanningConfiguration={'scanOnPush': scan},
        encryptionConfiguration={'encryptionType':'KMS','kmsKey':K} if kms else {'encryptionType':'AES256'})
def secret(name, value): c('secretsmanager').create_secret(Name=name, SecretString=value if isinstance(value, str) else json.dumps(value))
def network(name):
    p(name, 'vpc-0123'); p(name+'/public-subnets', '[]'); p(name+'/private-subnets', '[\"subnet-1\"]')
def cluster(parameter, name): p(parameter, c('ecs').create_cluster(clusterName=name)['cluster']['clusterArn'])
K = key()
";

const FIRST: &str = "
p('baws-kms-key', K); p('baws-backstage-ecr', 'baws-backstage'); repository('baws-backstage')
p('/baws/domain', 'baws.example'); p('/baws/api-domain', 'api.baws.example')
for one in ['solution-network']+['app-%s-network%d' % (tier, n) for tier in ('dev','qa','prod') for n in (1, 2)]: network('/baws/'+one)
for side in ('public','isolated'):
    for tier in ('dev','qa','prod'): cluster('/baws/baws-%s-%s-app-runtime' % (side, tier), 'baws-%s-%s-app-runtime-cluster' % (side, tier))
p('/baws/SecurityMappingTable', 'mapping'); table('mapping')
for group, role in (('admins','backstage-admins-role'),('developers','backstage-developers-role')): row('mapping', group, role)
p('/baws/Audit', 'audit'); table('audit')
trust = json.dumps({'Version':'2012-10-17','Statement':[{'Effect':'Allow','Principal':{'Service':'states.amazonaws.com'},'Action':'sts:AssumeRole'}]})
run = c('iam').create_role(RoleName='states', AssumeRolePolicyDocument=trust)['Role']['Arn']
machine = c('stepfunctions').create_state_machine(name='provision', roleArn=run, definition=json.dumps({'StartAt':'x','States':{'x':{'Type':'Succeed'}}}))
p('/baws/pipelineStateMachine/arn', machine['stateMachineArn'])
secret('baws-admin-gitlab-secrets', {'username':'baws-admin','password':'hidden-password','apiToken':'hidden-token','runnerId':'','runnerRegistrationToken':''})
secret('baws-okta-secrets', {'clientId':'hidden-id','clientSecret':'hidden-secret','audience':'x','authServerId':'','idp':'','apiToken':'hidden-okta'})
";

const SECOND: &str = "
p('/opa/kms-key', K); p('/opa/backstage-ecr', 'opa-backstage'); repository('opa-backstage')
for name in 'gitlab-hostname gitlab-url gitlab-version gitlab-security-group domain api-domain backstage-hostname backstage-service-name backstage-alb-arn platform/db platform/db-secret'.split(): p('/opa/'+name, 'x')
for name in ('pipeline-role','platform-role','provisioning-role'): p('/opa/'+name, 'arn:aws:iam::'+A+':role/'+name)
p('/opa/platform/SecurityMappingTable', 'SecurityMappingTable'); table('SecurityMappingTable')
network('/opa/platform/vpc'); network('/opa/lower/vpc'); network('/opa/kube/vpc')
for one in ('lower','kube'):
    p('/opa/%s/%s-audit' % (one, one), one+'-audit'); table(one+'-audit')
    for role in ('provisioning','operations'):
        p('/opa/%s/%s-role' % (one, role), 'opa-%s-%s-role' % (one, role)); p('/opa/%s/%s-role-arn' % (one, role), 'arn:aws:iam::'+A+':role/opa-'+one)
    p('/%s/kms-key' % one, K); p('/%s/unique-id' % one, 'abc')
cluster('/opa/lower/ecs-cluster', 'opa-lower-cluster'); p('/opa/kube/eks-cluster', 'arn:aws:eks:eu-west-1:'+A+':cluster/kube')
secret('opa-admin-gitlab-secrets', {'username':'opa-admin','password':'x','apiToken':'y','runnerId':'','PAT':'z'})
";

/// And then `more`.
pub(super) fn first(more: &str) -> String {
    format!("{TOOLS}{FIRST}{more}")
}

pub(super) fn second(more: &str) -> String {
    format!("{TOOLS}{SECOND}{more}")
}
