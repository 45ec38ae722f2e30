// What MySQL and MariaDB write when they let somebody not in. https://dev.mysql.com/doc/refman/8.4/en/error-access-denied.html
import type { JsonObject } from '../../model.ts';
import { AUTHENTICATION, classify, STATUS } from '../../ocsf/classes.ts';
import { clientOf } from './database.ts';

/** Whoever tries may write quotes into his name: what stands behind it is read from the end. */
const DENIED = /^Access denied for user '(.*)'@'([^']*)'(?: \(using password: (YES|NO)\))?$/s;
const LOGON = 1;

/** @returns the attributes of Authentication 3002; undefined for another message. */
export function deniedLogon(message: string): (ReturnType<typeof classify> & JsonObject) | undefined {
  const [whole, user, host, password] = DENIED.exec(message) ?? [];
  if (whole === undefined) return undefined;
  return {
    ...classify(AUTHENTICATION, LOGON),
    status_id: STATUS.failure,
    status_detail: password === undefined ? undefined : `using password: ${password}`,
    user: { name: user ?? '' },
    service: { name: 'MySQL' },
    src_endpoint: clientOf(host),
  };
}
