// The quick exit: away to a page that says nothing. The worker ends with the page, so the wallet is locked. If somebody goes
// back to an earlier screen, the app leaves again at once. The browser's history has one title for all screens, and no address
// names a visit.

import { Button, tabTitle } from "../../shared/ui/kit.tsx";
import { words } from "./words.ts";

const NEUTRAL = "https://www.wikipedia.org/";

const LEFT = "left";

function leave(): void {
  sessionStorage.setItem(LEFT, "1");
  location.replace(NEUTRAL);
}

/** Call it before anything is shown. @returns whether the page leaves again */
export function leaveAgain(): boolean {
  tabTitle.fixed = "Visits";
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (sessionStorage.getItem(LEFT) !== null && navigation?.type === "back_forward") {
    location.replace(NEUTRAL);
    return true;
  }
  sessionStorage.removeItem(LEFT);
  // A page that the browser kept in memory comes back without loading.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && sessionStorage.getItem(LEFT) !== null) location.replace(NEUTRAL);
  });
  return false;
}

export const QuickExit = () => <Button onClick={leave}>{words.value.quickExit}</Button>;
