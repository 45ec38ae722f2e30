// https://jestjs.io/docs/configuration
// middy, the Kafka client and the reader of Parquet are ESM only, so they are transformed too; everything runs as CommonJS inside Jest.
const transform = {
  '^.+\\.[tj]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } }],
};
const common = {
  testEnvironment: 'node',
  transform,
  transformIgnorePatterns: ['/node_modules/(?!@middy/|@platformatic/|hyparquet|hysnappy)'],
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/.build/', '<rootDir>/local/node/'],
};

export default {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/test/{integration,template}/**/*.test.ts'] },
  ],
};
