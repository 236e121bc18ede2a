// When to draw: soon after something happened, but never so often that drawing keeps the page from hearing what happens.

/** What happens within this time of the first change is one picture. */
const gatherMs = 60;

/** Longest pause between two pictures of a rush. */
const pauseMsMax = 1_000;

/**
 * Tells its listeners that a new picture is due. After each picture it rests three times as long as drawing took, so
 * that even on a slow telephone a rush of sales leaves three quarters of the time for receiving it: without the rest, the
 * page falls further behind with every event, and shows seconds-old figures as live.
 */
export class Pictures {
  readonly #listeners = new Set<() => void>();
  #revision = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #clock: () => number;
  #restUntilMs = 0;
  #isDue = false;

  /** `clock` tells milliseconds that only ever go forward. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Higher for each picture. */
  get revision(): number {
    return this.#revision;
  }

  /** Calls `listener` for each picture; returns the function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Something has changed: a picture is drawn within about a second, sooner when drawing is cheap. */
  due(): void {
    this.#isDue = true;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#draw(), Math.max(gatherMs, this.#restUntilMs - this.#clock()));
  }

  #draw(): void {
    this.#isDue = false;
    this.#revision += 1;
    const startedMs = this.#clock();
    for (const listener of [...this.#listeners]) listener();
    // React draws at the end of this turn, so what it took is known in the next one; what comes in between waits for it.
    this.#timer = setTimeout(() => {
      const nowMs = this.#clock();
      this.#restUntilMs = nowMs + Math.min(3 * (nowMs - startedMs), pauseMsMax);
      this.#timer = undefined;
      if (this.#isDue) this.due();
    });
  }
}
