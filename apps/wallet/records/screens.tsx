// The screens of "My records": the timeline, the values, saving, and one record.

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { busy } from "../../shared/doing.ts";
import "../../shared/fhir/index.ts";
import { path } from "../../shared/route.ts";
import { Button, Empty, Page, Tabs } from "../../shared/ui/kit.tsx";
import { OneRecordScreen } from "./one.tsx";
import { Save } from "./save.tsx";
import { fetchRecords, list, showRecords } from "./state.ts";
import { TimelineScreen } from "./timeline-screen.tsx";
import { Values } from "./values.tsx";
import { words } from "./words.ts";

const PARTS: Readonly<Record<string, ComponentType>> = {
  "/records": TimelineScreen,
  "/records/values": Values,
  "/records/save": Save,
};

function NotFetched() {
  const w = words.value;
  return busy.value === undefined ? (
    <Empty title={w.title}>
      <p>{w.notFetched}</p>
      <Button kind="primary" onClick={() => fetchRecords(w.loading)}>
        {w.fetch}
      </Button>
    </Empty>
  ) : (
    <p class="hint">{w.hidden}</p>
  );
}

function Records() {
  const w = words.value;
  useEffect(() => void showRecords(words.value.loading), []);
  const at = path.value.replace(/\/$/, "");
  const Part = PARTS[at];
  if (list.value !== undefined && Part === undefined) return <OneRecordScreen id={at.split("/")[2] ?? ""} />;
  const links = [
    { href: "/records", text: w.tabs.timeline },
    { href: "/records/values", text: w.tabs.values },
    { href: "/records/save", text: w.tabs.save },
  ];
  return (
    <Page title={at === "/records/values" ? w.values : at === "/records/save" ? w.save : w.title}>
      <Tabs label={w.tabs.label} links={links} current={at} />
      {list.value === undefined || Part === undefined ? <NotFetched /> : <Part />}
    </Page>
  );
}

export const screens: Record<string, ComponentType> = { "/records": Records };
