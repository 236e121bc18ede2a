// The lives of a server between its kills, counted in answers: it is killed whenever enough was answered, and those who ask
// it are told when it is up again.
import type { Random } from '@tillstream/simulators';
import type { KillableServer, Victim } from '../faults/kill-driver.ts';

export interface Lives {
  readonly server: KillableServer;
  readonly victim: Victim;
  readonly kills: number;
  /** Answers before a life ends, at least and at most. */
  readonly answersALife: { readonly least: number; readonly most: number };
  readonly random: Random;
}

export class Life {
  /** After the last kill as many answers came as before it. */
  isOver = false;
  /** Answers that had been given before and were given again. */
  replays = 0;
  readonly #lives: Lives;
  #answers = 0;
  #killAt: number;
  #killed = 0;
  #up = Promise.resolve();

  constructor(lives: Lives) {
    this.#lives = lives;
    this.#killAt = this.#nextKill();
  }

  answered(isReplay: boolean): void {
    if (isReplay) this.replays++;
    if (++this.#answers < this.#killAt || this.isOver) return;
    const { server, victim, kills } = this.#lives;
    if (this.#killed === kills) {
      this.isOver = true;
      return;
    }
    this.#killed++;
    this.#killAt = this.#nextKill();
    this.#up = server.kill(victim).then(() => server.start());
  }

  isUp(): Promise<void> {
    return this.#up;
  }

  #nextKill(): number {
    const { random, answersALife } = this.#lives;
    return this.#answers + random.between(answersALife.least, answersALife.most);
  }
}
