// Levels of log messages, as loggers call them, to severities. https://schema.ocsf.io/1.8.0/classes/base_event (severity_id)
import { SEVERITY } from '../../ocsf/classes.ts';

// By what OCSF says of each: low, the user decides; medium, action is required but not serious; critical, at once and broad.
// The numbers are pino's and bunyan's.
const LEVELS: readonly (readonly [severity: number, levels: readonly string[]])[] = [
  [SEVERITY.informational, ['trace', 'verbose', 'debug', 'info', 'information', 'informational', 'notice', '10', '20', '30']],
  [SEVERITY.low, ['warn', 'warning', '40']],
  [SEVERITY.medium, ['err', 'error', 'severe', '50']],
  [SEVERITY.critical, ['crit', 'critical', 'alert']],
  [SEVERITY.fatal, ['fatal', 'panic', 'emerg', 'emergency', '60']],
];
const SEVERITY_OF: ReadonlyMap<string, number> = new Map(LEVELS.flatMap(([id, levels]) => levels.map((level) => [level, id] as const)));

/** @returns the severity with the level's own name where it is none of the known ones. */
export function severityOfLevel(level: string | undefined): { readonly severity_id: number; readonly severity?: string } {
  if (level === undefined) return { severity_id: SEVERITY.unknown };
  const known = SEVERITY_OF.get(level.toLowerCase());
  return known === undefined ? { severity_id: SEVERITY.other, severity: level } : { severity_id: known };
}
