// One after the other: what reads a state, waits and writes it back must not be overtaken by its like.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `act` when everything asked for before under this name has ended, well or badly. Not to be nested in itself. */
  take<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(act);
    const ended = turn.then(
      () => {},
      () => {},
    );
    this.#last.set(name, ended);
    void ended.then(() => this.#last.get(name) === ended && this.#last.delete(name));
    return turn;
  }
}
