// https://github.com/oss-serverless/serverless/blob/main/docs/guides/packaging.md : `serverless` writes to .serverless/ and .build/ beside its
// configuration. Two that run at once each need a folder of their own, or one takes away what the other is about to upload.
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What of the project `serverless` reads. */
const READ = ['banks', 'cli', 'functions', 'node_modules', 'package.json', 'rules', 'schemas', 'shared', 'stacks', 'tools'] as const;

/**
 * Makes the folder, in which `serverless` finds the project and writes for itself.
 * @param own what is not the project's: the caller puts it there.
 */
export function linkProject(root: string, directory: string, own: readonly (typeof READ)[number][] = []): string {
  mkdirSync(directory, { recursive: true });
  for (const name of READ) if (!own.includes(name)) symlinkSync(join(root, name), join(directory, name));
  // osls takes no link for its configuration.
  copyFileSync(join(root, 'serverless.yml'), join(directory, 'serverless.yml'));
  return directory;
}
