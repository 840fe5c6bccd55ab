// An opened record on the screen: its resources, or the file that it is.

import { useEffect, useState } from "preact/hooks";
import type { FhirResource, Json, JsonObject } from "../../../client/index.ts";
import { Button, Notice } from "../../shared/ui/kit.tsx";
import type { OpenedView } from "../engine/records.ts";
import { download } from "../files.tsx";
import { ResourceView } from "./resource.tsx";
import { words } from "./words.ts";

const object = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const first = (value: Json | undefined): JsonObject => object(Array.isArray(value) ? value[0] : value);
const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const conceptText = (value: Json | undefined): string | undefined => {
  const concept = first(value);
  return text(concept.text) ?? text(first(concept.coding).display) ?? text(first(concept.coding).code);
};

/** A short name of a resource. */
export const nameOf = (resource: FhirResource): string =>
  conceptText(resource.code) ??
  conceptText(resource.medicationCodeableConcept) ??
  conceptText(resource.vaccineCode) ??
  conceptText(resource.type) ??
  text(resource.description) ??
  resource.resourceType;

export function titleOf(opened: OpenedView | undefined, contentKind: string): string {
  if (opened?.kind !== "fhir")
    return /fhir/.test(contentKind) ? words.value.record : `${words.value.document} (${contentKind.split("/").at(-1)})`;
  const [one, ...others] = opened.resources.filter(({ resourceType }) => resourceType !== "Patient");
  if (!one) return words.value.record;
  return others.length === 0 ? nameOf(one) : `${nameOf(one)} + ${others.length}`;
}

function Picture({ contentKind, bytes, name }: { contentKind: string; bytes: Uint8Array<ArrayBuffer>; name: string }) {
  const [url, setUrl] = useState<string | undefined>(undefined);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type: contentKind }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return url === undefined ? null : <img class="picture" src={url} alt={name} />;
}

const SHOWN_PICTURES = /^image\/(?:png|jpeg|gif|webp)$/;
const EXTENSIONS: Record<string, string> = { "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg" };

export function OpenedRecord({ opened, name }: { opened: OpenedView; name: string }) {
  const w = words.value;
  if (opened.kind === "unreadable")
    return (
      <Notice tone="warn" word={w.unreadable}>
        <p>{opened.reason}</p>
      </Notice>
    );
  if (opened.kind === "file")
    return (
      <>
        {SHOWN_PICTURES.test(opened.contentKind) && (
          <Picture contentKind={opened.contentKind} bytes={opened.bytes} name={name} />
        )}
        <div class="row">
          <Button
            onClick={() =>
              download(`record.${EXTENSIONS[opened.contentKind] ?? "bin"}`, opened.bytes, opened.contentKind)
            }
          >
            {w.saveFile}
          </Button>
        </div>
      </>
    );
  return (
    <>
      {opened.resources.map((resource, i) => (
        <ResourceView key={`${i}`} resource={resource} />
      ))}
    </>
  );
}
