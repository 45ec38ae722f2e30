import { classesOf, classOf, lockOf, longestLock } from '../../../shared/retention/classes.ts';
import { coldSteps } from '../../../shared/retention/cold.ts';
import { RETENTION } from '../../fakes/vault.ts';

describe('retention classes', () => {
  it('are those of the bank’s file beside the standard one', () => {
    expect(classesOf(RETENTION)).toEqual([
      { name: 'standard', days: 30, mode: 'governance' },
      { name: 'trail', days: 3650, mode: 'compliance' },
    ]);
    expect(classOf('cloudtrail', RETENTION)).toBe('trail');
    expect(classOf('alb', RETENTION)).toBe('standard');
    expect(classOf('cloudtrail', {})).toBe('standard');
  });

  it('lock their objects; one that was taken out of the file locks as standard', () => {
    expect(lockOf('trail', RETENTION)).toMatchObject({ days: 3650, mode: 'compliance' });
    expect(lockOf('gone', RETENTION)).toMatchObject({ days: 30, mode: 'governance' });
  });

  it('give what proves all of them the longest and strictest lock', () => {
    expect(longestLock(RETENTION)).toEqual({ days: 3650, mode: 'compliance' });
    expect(longestLock({ evidence_days: 7, evidence_mode: 'governance' })).toEqual({ days: 7, mode: 'governance' });
  });
});

describe('coldSteps', () => {
  const cold = [
    { after_days: 30, storage_class: 'STANDARD_IA' },
    { after_days: 90, storage_class: 'DEEP_ARCHIVE' },
  ] as const;

  it.each([
    [59, []],
    [60, ['STANDARD_IA']],
    [269, ['STANDARD_IA']],
    [270, ['STANDARD_IA', 'DEEP_ARCHIVE']],
  ])('of evidence kept for %d days are those whose shortest time is over by then', (days, expected) => {
    expect(coldSteps(days, cold).map((step) => step.storage_class)).toEqual(expected);
  });
});
