import fc from 'fast-check';
import { remembered } from '../../../shared/enrich/remembered.ts';

it('what is asked for again is looked up once, as long as there is room', () => {
  const asked: string[] = [];
  const look = remembered((key: string) => {
    asked.push(key);
    return { key };
  }, 2);
  // `a` stays, it is asked for all the time; the others go when two younger ones have come.
  for (const key of ['a', 'b', 'a', 'c', 'a', 'd', 'a', 'e', 'a', 'b']) expect(look(key)).toEqual({ key });
  expect(asked).toEqual(['a', 'b', 'c', 'd', 'e', 'b']);
});

it('answers as the look-up does, whatever is asked in which order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 })), fc.integer({ min: 1, max: 5 }), (keys, half) => {
      const look = remembered((key: string) => ({ key }), half);
      for (const key of keys) expect(look(key)).toEqual({ key });
    }),
  );
});

it('what throws is not remembered', () => {
  let fails = true;
  const look = remembered((key: string) => {
    if (fails) throw new Error('away');
    return { key };
  });
  expect(() => look('a')).toThrow('away');
  fails = false;
  expect(look('a')).toEqual({ key: 'a' });
});
