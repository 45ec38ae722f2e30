/** Works on items as they come, so many at once at the most. Begins no other once one has failed. @throws the first failure, when those under way have ended. */
export async function inParallel<T>(items: AsyncIterable<T>, width: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    const task: Promise<void> = work(item).then(
      () => void underWay.delete(task),
      (error: unknown) => {
        underWay.delete(task);
        failures.push(error);
      },
    );
    underWay.add(task);
    if (underWay.size >= width) await Promise.race(underWay);
    if (failures.length > 0) break;
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}
