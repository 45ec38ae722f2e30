// https://github.com/oss-serverless/serverless/blob/main/docs/guides/variables.md (file(*.cjs): JavaScript as a source of variables)
// What serverless.yml reads as `custom`. The code is variables.ts; this file only says plainly what is wrong when an older Node runs it.
'use strict';
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  const error = new Error(
    `Node 24 or newer is needed to deploy, this is ${process.versions.node}; put the project's own first in PATH (README, "Deploy")`,
  );
  error.stack = error.message;
  throw error;
}
module.exports = require('./variables.ts');
