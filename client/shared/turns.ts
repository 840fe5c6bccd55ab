// Turns by name, for code that reads a state, waits, and writes the state back. Two such calls must not overlap: the
// second would start from the state before the first.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs `act` when every earlier call with this name has ended, whether it succeeded or failed. A call must not take a
   * turn of its own name again inside `act`: it would wait for itself.
   */
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
