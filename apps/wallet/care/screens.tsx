// The screens of care, by path. Each loads when it is opened, so that a first check-in does not wait for them.

import "./care.css";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";

/** A screen whose code comes when it is needed. A failed load is a fault like any other, and the next visit tries again. */
function later(load: () => Promise<{ default: ComponentType }>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Later() {
    const [Screen, setScreen] = useState(() => loaded);
    useEffect(() => {
      if (loaded) return;
      void doing(common.value.working, async () => {
        loaded = (await load()).default;
        setScreen(() => loaded);
      });
    }, []);
    return Screen ? <Screen /> : <Page title={common.value.working} />;
  };
}

export const screens: Record<string, ComponentType> = {
  "/care": later(() => import("./who-looked.tsx")),
  "/messages": later(() => import("./messages.tsx")),
  "/clinics": later(() => import("./clinics.tsx")),
  "/help": later(() => import("./help/screen.tsx")),
};
