// A list that a screen fetches by itself when it appears. It is no act of the person, so an act can begin while it still comes.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { RemoteError } from "../shared/remote.ts";
import { sentenceOf } from "../shared/ui/frame.tsx";
import { Busy, Button, Notice } from "../shared/ui/kit.tsx";
import { common } from "../shared/words/common.ts";
import { faults } from "./words.ts";

export interface Loaded<T> {
  value: T | undefined;
  fault: RemoteError | undefined;
  reload: () => Promise<void>;
}

export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | undefined>();
  const [fault, setFault] = useState<RemoteError | undefined>();
  const reload = async (): Promise<void> => {
    setFault(undefined);
    try {
      setValue(await load());
    } catch (cause) {
      setFault(cause instanceof RemoteError ? cause : new RemoteError({ message: String(cause), kind: "Error" }));
    }
  };
  useEffect(() => void reload(), []);
  return { value, fault, reload };
}

export function Waiting<T>({
  of: { value, fault, reload },
  words,
  children,
}: {
  of: Loaded<T>;
  /** what is fetched */
  words: string;
  children: (value: T) => ComponentChildren;
}) {
  if (fault)
    return (
      <Notice tone="bad" word={common.value.wrong}>
        <p>{sentenceOf(fault, faults.value)}</p>
        <div class="row">
          <Button onClick={reload}>{common.value.tryAgain}</Button>
        </div>
      </Notice>
    );
  return value === undefined ? <Busy words={words} /> : children(value);
}
