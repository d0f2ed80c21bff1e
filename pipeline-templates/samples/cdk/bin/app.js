// The pipeline says which environment: `-c environment=NAME`. Account and region are those of its credentials.
import { App } from "aws-cdk-lib";
import { JobsStack } from "../lib/jobs-stack.js";

const app = new App();
const environment = app.node.tryGetContext("environment") ?? "lower";
new JobsStack(app, `sample-cdk-${environment}`, {
  environment,
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
