// `npm run bench -- anomalies [--json] [SEED…]`: a made-up bank's quarter through the core that runs in production (shared/anomalies/hour.ts), with
// attacks in it: how many are alerted, how many alerts are false, and whether the stated budget holds. Exit code 1 where it does not.
// https://en.wikipedia.org/wiki/Precision_and_recall
import { BASELINES } from '../shared/anomalies/baselines.ts';
import type { Decision } from '../shared/anomalies/budget.ts';
import { createCalendar, HOUR_MS, SLOT_MS } from '../shared/anomalies/calendar.ts';
import { activityOf, judgeHour, slotOf, type HourDeps, type SlotCounts } from '../shared/anomalies/hour.ts';
import type { Observation } from '../shared/anomalies/judge.ts';
import { memoryStore } from '../shared/anomalies/memory-store.ts';
import { DEFAULT_BUDGET } from '../shared/anomalies/settings.ts';
import { WARM_UP_DAYS } from '../shared/anomalies/score.ts';
import { ATTACKS, type Attack, type AttackKind } from './anomalies-attacks.ts';
import { simulatedBank, type Counted, type SimulatedBank } from './anomalies-bank.ts';
import { DAYS, HOLIDAYS, START } from './anomalies-chance.ts';

/** Thresholds were chosen with seeds 1 to 6; these were not looked at then. */
const SEEDS = [101, 102, 103];

interface Quarter {
  readonly seed: number;
  readonly attacks: readonly Attack[];
  readonly decisions: readonly Decision[];
}

/** Of one seed or of all. */
interface Result {
  readonly seed: string;
  readonly days: number;
  readonly alerts: number;
  readonly trueAlerts: number;
  readonly precision: number;
  readonly falsePerDay: number;
  readonly mostAlertsADay: number;
  /** Findings beyond the budget, kept as informational. */
  readonly keptPerDay: number;
  /** By kind: of how many attacks, how many were alerted, and how many are at least in the index. */
  readonly recall: Readonly<Record<AttackKind, { readonly attacks: number; readonly alerted: number; readonly kept: number }>>;
}

/** @returns whether the budget is held. */
export async function benchAnomalies(seeds: readonly number[], asJson: boolean): Promise<boolean> {
  const started = Date.now();
  const quarters: Quarter[] = [];
  for (const seed of seeds.length === 0 ? SEEDS : seeds) quarters.push(await simulate(seed));
  const results = [...quarters.map((quarter) => resultOf(String(quarter.seed), [quarter])), resultOf('all', quarters)];
  const held = results.every(({ falsePerDay, mostAlertsADay }) => falsePerDay <= DEFAULT_BUDGET && mostAlertsADay <= DEFAULT_BUDGET);
  if (asJson) console.log(JSON.stringify({ budgetPerDay: DEFAULT_BUDGET, held, results }));
  else print(results, quarters, { held, seconds: (Date.now() - started) / 1000 });
  return held;
}

async function simulate(seed: number): Promise<Quarter> {
  const bank = simulatedBank(seed);
  const deps: HourDeps = {
    bank: 'simulated',
    store: memoryStore(),
    state: { since: START, through: START, totals: new Map(), days: new Map() },
    calendar: createCalendar({ timezone: 'Europe/Berlin', holidays: new Set(HOLIDAYS) }),
    budgetPerDay: DEFAULT_BUDGET,
    closed: new Set(),
  };
  const decisions: Decision[] = [];
  const day = new Map<string, Observation>();
  for (let hour = START; hour < START + DAYS * 24; hour++) decisions.push(...(await judgeHour(countsOf(bank, hour, day, deps), deps)));
  return { seed, attacks: bank.attacks, decisions };
}

/** What the aggregations would return, of hours and, at its end, of the day. */
function countsOf(bank: SimulatedBank, hour: number, day: Map<string, Observation>, { state }: HourDeps): readonly SlotCounts[] {
  const counted: Counted = bank.hour(hour);
  for (const { entity, value } of counted?.get('host-bytes-out') ?? [])
    day.set(entity, { entity, key: '', value: value + (day.get(entity)?.value ?? 0) });
  if (counted !== undefined)
    for (const activity of new Set(BASELINES.map(activityOf)))
      state.totals.set(activity, (state.totals.get(activity) ?? new Map<number, number>()).set(hour, 1000));
  const counts = BASELINES.flatMap((baseline) => {
    const slot = slotOf(baseline.grain, hour);
    if (slot === undefined) return [];
    const observations = baseline.grain === 'day' ? [...day.values()] : (counted?.get(baseline.id) ?? []);
    return [{ baseline, slot, observations }];
  });
  if (slotOf('day', hour) !== undefined) day.clear();
  return counts;
}

/** Hours for which an attack is still the reason: a day's sum is known at its end. */
const AFTER_HOURS = 24;

function isOf(attack: Attack, { candidate }: Decision): boolean {
  const { slot, entity, baseline } = candidate;
  const hour = ((slot + 1) * SLOT_MS[baseline.grain]) / HOUR_MS - 1;
  return attack.entities.includes(entity) && hour >= attack.from && hour < attack.to + AFTER_HOURS;
}

function resultOf(seed: string, quarters: readonly Quarter[]): Result {
  const judgedDays = (DAYS - WARM_UP_DAYS) * quarters.length;
  const sums = { alerts: 0, trueAlerts: 0, kept: 0, most: 0 };
  const recall = Object.fromEntries(ATTACKS.map((kind) => [kind, { attacks: 0, alerted: 0, kept: 0 }])) as Record<
    AttackKind,
    { attacks: number; alerted: number; kept: number }
  >;
  for (const { attacks, decisions } of quarters) {
    const alerts = decisions.filter(({ alerted }) => alerted);
    sums.alerts += alerts.length;
    sums.trueAlerts += alerts.filter((alert) => attacks.some((attack) => isOf(attack, alert))).length;
    sums.kept += decisions.length - alerts.length;
    const byDay = new Map<number, number>();
    for (const { day } of alerts) byDay.set(day, (byDay.get(day) ?? 0) + 1);
    sums.most = Math.max(sums.most, ...byDay.values());
    for (const attack of attacks) {
      const row = recall[attack.kind];
      row.attacks++;
      if (alerts.some((alert) => isOf(attack, alert))) row.alerted++;
      if (decisions.some((decision) => isOf(attack, decision))) row.kept++;
    }
  }
  return {
    ...{ seed, days: judgedDays, alerts: sums.alerts, trueAlerts: sums.trueAlerts, recall },
    precision: rounded(sums.trueAlerts / Math.max(1, sums.alerts)),
    falsePerDay: rounded((sums.alerts - sums.trueAlerts) / judgedDays),
    mostAlertsADay: sums.most,
    keptPerDay: rounded(sums.kept / judgedDays),
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

function print(
  results: readonly Result[],
  quarters: readonly Quarter[],
  { held, seconds }: { readonly held: boolean; readonly seconds: number },
): void {
  const last = results.at(-1);
  console.log(
    `anomalies: ${quarters.length} made-up quarters of ${DAYS} days, the first ${WARM_UP_DAYS} to learn; ${seconds.toFixed(1)} s`,
  );
  console.table(results.map(({ recall, ...row }) => ({ ...row, recall: share(Object.values(recall)) })));
  console.table(
    Object.entries(last?.recall ?? {}).map(([attack, row]) => ({ attack, ...row, recall: rounded(row.alerted / row.attacks) })),
  );
  console.table(falseOnes(quarters));
  console.log(
    `budget: ${DEFAULT_BUDGET} alerts a day; ${last?.falsePerDay ?? 0} false ones a day on average, at most ${last?.mostAlertsADay ?? 0} alerts on a day: ${held ? 'held' : 'NOT HELD'}`,
  );
}

function share(rows: readonly { readonly attacks: number; readonly alerted: number }[]): number {
  return rounded(rows.reduce((sum, { alerted }) => sum + alerted, 0) / rows.reduce((sum, { attacks }) => sum + attacks, 0));
}

/** Where false alerts come from. */
function falseOnes(quarters: readonly Quarter[]): readonly object[] {
  const counts = new Map<string, number>();
  for (const { attacks, decisions } of quarters)
    for (const decision of decisions) {
      if (!decision.alerted || attacks.some((attack) => isOf(attack, decision))) continue;
      const name = `${decision.candidate.baseline.id}: ${decision.candidate.kind}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  return [...counts].sort(([, one], [, other]) => other - one).map(([baseline, alerts]) => ({ baseline, 'false alerts': alerts }));
}
