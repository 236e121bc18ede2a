// Merges the tills of many shops into one stream in time order, holding one sale a shop: a day of ten thousand shops
// must not have to fit into memory at once.

/** Yields the items of all `sources`, each already ordered by `at`, in the order of `at`; ties go to the earlier source. */
export function* mergeByTime<Item extends { readonly at: number }>(
  sources: Iterable<Iterator<Item>>,
): Generator<Item, void, undefined> {
  const heap: Head<Item>[] = [];
  let order = 0;
  for (const source of sources) {
    const first = source.next();
    if (!first.done) push(heap, { item: first.value, source, order });
    order++;
  }
  for (let head = heap[0]; head !== undefined; head = heap[0]) {
    yield head.item;
    const next = head.source.next();
    if (next.done) {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) heap[0] = last;
    } else {
      heap[0] = { ...head, item: next.value };
    }
    sink(heap);
  }
}

interface Head<Item> {
  readonly item: Item;
  readonly source: Iterator<Item>;
  readonly order: number;
}

type Heap<Item> = Head<Item>[];

function isBefore<Item extends { readonly at: number }>(a: Head<Item> | undefined, b: Head<Item> | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.item.at < b.item.at || (a.item.at === b.item.at && a.order < b.order);
}

function swap<Item>(heap: Heap<Item>, a: number, b: number): void {
  const [left, right] = [heap[a], heap[b]];
  if (left === undefined || right === undefined) return;
  heap[a] = right;
  heap[b] = left;
}

function push<Item extends { readonly at: number }>(heap: Heap<Item>, head: Head<Item>): void {
  heap.push(head);
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function sink<Item extends { readonly at: number }>(heap: Heap<Item>): void {
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!isBefore(heap[child], heap[at])) return;
    swap(heap, at, child);
    at = child;
  }
}
