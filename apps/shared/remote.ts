// Calls between a page and its worker: `serve` in the worker, `connect` on the page. The SDK lives in the worker, so keys and
// proofs never stop the page. An error arrives with its name, code and message. A worker may also push events to the page.

// biome-ignore lint/suspicious/noExplicitAny: methods of any type are served
type Api = Record<string, (...args: any[]) => unknown>;
export type Remote<T extends Api> = {
  [K in keyof T]: (...args: Parameters<T[K]>) => Promise<Awaited<ReturnType<T[K]>>>;
};

/** An error of the worker, as the page sees it. `code` is a SymbolonError's, or an ApiError's problem code. */
export class RemoteError extends Error {
  override name = "RemoteError";
  readonly code: string | undefined;
  /** the name of the error's class */
  readonly kind: string;
  /** HTTP status of an ApiError; 0 if the role did not answer */
  readonly status: number | undefined;
  /** seconds to wait, or to correct the clock by, if the error says so */
  readonly seconds: number | undefined;
  constructor({ message, code, kind, status, seconds }: Failure) {
    super(message);
    this.code = code;
    this.kind = kind;
    this.status = status;
    this.seconds = seconds;
  }
}

interface Failure {
  message: string;
  kind: string;
  code?: string;
  status?: number;
  seconds?: number;
}
interface Call {
  id: number;
  method: string;
  args: unknown[];
}
type Answer = { id: number; value: unknown } | { id: number; failure: Failure } | { event: string; detail: unknown };

function failureOf(cause: unknown): Failure {
  const { name, message, code, status, seconds } = cause as Error & Partial<Failure>;
  return {
    message: String(message),
    kind: String(name),
    ...(typeof code === "string" && { code }),
    ...(typeof status === "number" && { status }),
    ...(typeof seconds === "number" && { seconds }),
  };
}

/** Answers the page's calls with the methods of `api`. */
export function serve(api: Api): void {
  addEventListener("message", async ({ data }: MessageEvent<Call>) => {
    const answer = (message: Answer): void => postMessage(message);
    try {
      answer({ id: data.id, value: await api[data.method]!(...data.args) });
    } catch (cause) {
      answer({ id: data.id, failure: failureOf(cause) });
    }
  });
}

/** Tells the page something that it did not ask for, such as progress. */
export const tell = (event: string, detail: unknown): void => postMessage({ event, detail } satisfies Answer);

export interface Connection<T extends Api> {
  remote: Remote<T>;
  /** Calls `listener` for each event of this name, until the returned function is called. */
  on(event: string, listener: (detail: never) => void): () => void;
}

export function connect<T extends Api>(worker: Worker): Connection<T> {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners = new Map<string, Set<(detail: never) => void>>();
  let last = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    if ("event" in data) {
      for (const listener of listeners.get(data.event) ?? []) listener(data.detail as never);
      return;
    }
    const call = open.get(data.id);
    open.delete(data.id);
    if ("failure" in data) call?.reject(new RemoteError(data.failure));
    else call?.resolve(data.value);
  });
  const remote = new Proxy({} as Remote<T>, {
    get:
      (_, method: string) =>
      (...args: unknown[]) => {
        const call = Promise.withResolvers<unknown>();
        open.set(++last, call);
        worker.postMessage({ id: last, method, args } satisfies Call);
        return call.promise;
      },
  });
  return {
    remote,
    on(event, listener) {
      const own = listeners.get(event) ?? new Set();
      listeners.set(event, own.add(listener));
      return () => void own.delete(listener);
    },
  };
}
