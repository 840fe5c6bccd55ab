// A printed page has everything: what is folded on the screen is opened for the printer, and closed again after it.

import { useEffect } from "preact/hooks";

export function usePrintedWhole(): void {
  useEffect(() => {
    const opened = new Set<HTMLDetailsElement>();
    const open = (): void => {
      for (const details of document.querySelectorAll<HTMLDetailsElement>("details:not([open]):not(.no-print)")) {
        details.open = true;
        opened.add(details);
      }
    };
    const close = (): void => {
      for (const details of opened) details.open = false;
      opened.clear();
    };
    addEventListener("beforeprint", open);
    addEventListener("afterprint", close);
    return () => {
      removeEventListener("beforeprint", open);
      removeEventListener("afterprint", close);
    };
  }, []);
}
