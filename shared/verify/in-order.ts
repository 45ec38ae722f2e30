// Work on many things at once whose results are wanted in their order.

/**
 * Keeps `width` pieces of work under way and gives their results in the order of the items.
 * The first that fails ends it, when its turn comes; what is still under way then is left to end by itself.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const started = work(item);
    // Its turn may come after it failed.
    started.catch(() => undefined);
    underWay.push(started);
    const first = underWay.length < width ? undefined : underWay.shift();
    if (first !== undefined) yield await first;
  }
  for (const rest of underWay) yield await rest;
}
